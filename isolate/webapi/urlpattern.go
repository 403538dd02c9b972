package webapi

import (
	"github.com/skerry-edge/skerry/isolate/js"
)

// URLPattern matches URLs by a pattern for each of their components.
//
// Spec: https://urlpattern.spec.whatwg.org/#urlpattern-class
var URLPattern = js.Class[urlPattern]{
	Name:        "URLPattern",
	Constructor: newURLPattern,
	Members: []js.Member[urlPattern]{
		patternAttribute(protocolComponent),
		patternAttribute(usernameComponent),
		patternAttribute(passwordComponent),
		patternAttribute(hostnameComponent),
		patternAttribute(portComponent),
		patternAttribute(pathnameComponent),
		patternAttribute(searchComponent),
		patternAttribute(hashComponent),
		js.Getter("hasRegExpGroups", (*urlPattern).hasRegExpGroups),
		js.Method("test", 0, func(p *urlPattern, c *js.Call) (any, error) {
			u, err := newPatternURL(c)
			return err == nil && p.match(&u, nil), err
		}),
		js.Method("exec", 0, func(p *urlPattern, c *js.Call) (any, error) {
			var groups patternGroups
			u, err := newPatternURL(c)
			if err != nil || !p.match(&u, &groups) {
				return nil, err // null: no match
			}
			return p.result(&u, &groups), nil
		}),
	},
}

type urlPattern struct {
	js.Instance
	components [urlComponents]*patternComponent
}

func patternAttribute(which urlComponent) js.Member[urlPattern] {
	return js.Getter(which.String(), func(p *urlPattern, _ *js.Call) (any, error) { return p.components[which].text, nil })
}

var errPatternBase = js.TypeError("URLPattern: a base URL goes with a text; an object has it as baseURL")

// newURLPattern is the constructor: (input, baseURL, options) or (input, options).
func newURLPattern(c *js.Call) (*urlPattern, error) {
	optionsAt := 1
	hasBase := c.Len() > 2 || c.Len() == 2 && !js.IsNullish(c.Arg(1)) && !js.IsObject(c.Arg(1))
	init, isText := patternInput(c)
	if hasBase {
		optionsAt = 2
		base := c.String(1)
		if !isText {
			return nil, errPatternBase
		}
		init.base, init.hasBase = base, true
	}
	options := c.Arg(optionsAt)
	if err := dictionary("the options of a URLPattern", options); err != nil {
		return nil, err
	}
	ignoreCase := c.VM.Get(options, "ignoreCase").ToBoolean()
	if isText {
		parsed, err := parsePatternString(c.VM, init.texts[0])
		if err != nil {
			return nil, err
		}
		if !hasBase && !parsed.given[protocolComponent] {
			return nil, js.TypeError("URLPattern: the pattern is relative, and there is no base URL")
		}
		parsed.base, parsed.hasBase = init.base, hasBase
		init = parsed
	}
	return compilePattern(c.VM, init, ignoreCase)
}

// patternInput reads the first argument: an object, or a text, which is then the first of
// texts.
func patternInput(c *js.Call) (init *patternInit, isText bool) {
	if v := c.Arg(0); js.IsNullish(v) || js.IsObject(v) {
		return patternInitOf(c.VM, v), false
	}
	init = new(patternInit)
	init.texts[0] = c.String(0)
	return init, true
}

// compilePattern makes a pattern of what a constructor was given.
//
// Spec: https://urlpattern.spec.whatwg.org/#url-pattern-create
func compilePattern(vm *js.VM, init *patternInit, ignoreCase bool) (*urlPattern, error) {
	init, err := init.process(vm, true)
	if err != nil {
		return nil, err
	}
	for c := range urlComponents {
		if !init.given[c] {
			init.set(c, "*")
		}
	}
	texts := &init.texts
	if scheme := texts[protocolComponent]; special(scheme) && texts[portComponent] == defaultPort(scheme) {
		texts[portComponent] = ""
	}
	p := new(urlPattern)
	for c := range urlComponents {
		options, encode := p.syntax(c, texts[c], ignoreCase)
		if p.components[c], err = compileComponent(vm, c, texts[c], options, encode); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// syntax says how the pattern of a component is parsed. Those before it are there already.
func (p *urlPattern) syntax(c urlComponent, text string, ignoreCase bool) (patternOptions, func(string) (string, error)) {
	caseOnly := patternOptions{ignoreCase: ignoreCase}
	switch c {
	case protocolComponent:
		return patternOptions{}, canonicalProtocol
	case hostnameComponent:
		if isIPv6Pattern(text) {
			return patternOptions{delimiter: "."}, canonicalIPv6
		}
		return patternOptions{delimiter: "."}, canonicalHostname
	case portComponent:
		return patternOptions{}, func(s string) (string, error) { return canonicalPort(s, "") }
	case pathnameComponent:
		if p.components[protocolComponent].matchesSpecial() {
			return patternOptions{delimiter: "/", prefix: "/", ignoreCase: ignoreCase}, canonicalPathname
		}
		return caseOnly, canonicalOpaquePath
	case searchComponent:
		return caseOnly, canonicalSearch
	case hashComponent:
		return caseOnly, canonicalHash
	default:
		return patternOptions{}, canonicalUserinfo
	}
}

// matchesSpecial says whether the pattern of a protocol matches one whose URLs have
// structure.
//
// Spec: https://urlpattern.spec.whatwg.org/#protocol-component-matches-a-special-scheme
func (c *patternComponent) matchesSpecial() bool {
	for _, scheme := range [...]string{"https", "http", "ws", "wss", "ftp", "file"} {
		if c.match(scheme, nil) {
			return true
		}
	}
	return false
}

// isIPv6Pattern says whether the pattern of a hostname begins as an IPv6 address.
//
// Spec: https://urlpattern.spec.whatwg.org/#hostname-pattern-is-an-ipv6-address
func isIPv6Pattern(s string) bool {
	return len(s) >= 2 && (s[0] == '[' || (s[0] == '{' || s[0] == '\\') && s[1] == '[')
}

func (p *urlPattern) hasRegExpGroups(*js.Call) (any, error) {
	for _, c := range p.components {
		if c.hasRegExp {
			return true, nil
		}
	}
	return false, nil
}

// patternURL is what a pattern is matched with.
type patternURL struct {
	texts  [urlComponents]string
	inputs []any // as the script gave them
	valid  bool  // it is a URL; what is none matches nothing
}

// newPatternURL reads the arguments of test and exec.
//
// Spec: https://urlpattern.spec.whatwg.org/#url-pattern-match
func newPatternURL(c *js.Call) (patternURL, error) {
	var u patternURL
	init, isText := patternInput(c)
	if !isText {
		if c.Given(1) {
			return u, errPatternBase
		}
		u.inputs = []any{init.record()}
		if r, err := init.process(c.VM, false); err == nil {
			u.texts, u.valid = r.texts, true
		}
		return u, nil
	}
	input, base := init.texts[0], urlRecord{}
	u.inputs = []any{input}
	if c.Given(1) {
		text := c.String(1)
		var err error
		if base, err = parseAgainst(text, urlRecord{}); err != nil {
			return u, nil
		}
		u.inputs = append(u.inputs, text)
	}
	if record, err := parseAgainst(input, base); err == nil {
		u.texts, u.valid = componentsOf(&record), true
	}
	return u, nil
}

// patternGroups is what the groups of each component hold.
type patternGroups [urlComponents][]any

// match says whether all components match. groups may be nil.
func (p *urlPattern) match(u *patternURL, groups *patternGroups) bool {
	if !u.valid {
		return false
	}
	// What path and host are like tells most URLs apart.
	for _, c := range [urlComponents]urlComponent{
		pathnameComponent, hostnameComponent, protocolComponent, portComponent,
		searchComponent, hashComponent, usernameComponent, passwordComponent,
	} {
		var held *[]any
		if groups != nil {
			held = &groups[c]
		}
		if !p.components[c].match(u.texts[c], held) {
			return false
		}
	}
	return true
}

// result describes a match.
func (p *urlPattern) result(u *patternURL, groups *patternGroups) js.Record {
	result := make(js.Record, 0, urlComponents+1)
	for _, c := range byName {
		if c == passwordComponent { // Web IDL sorts the members by name
			result = append(result, js.Property{Name: "inputs", Value: u.inputs})
		}
		result = append(result, js.Property{Name: c.String(), Value: p.components[c].result(u.texts[c], groups[c])})
	}
	return result
}

// result describes the match of a text.
//
// Spec: https://urlpattern.spec.whatwg.org/#create-a-component-match-result
func (c *patternComponent) result(text string, held []any) js.Record {
	groups := make(js.Record, len(held))
	for i, value := range held {
		groups[i] = js.Property{Name: c.groups[i].name, Value: value}
	}
	return js.Record{{Name: "groups", Value: groups}, {Name: "input", Value: text}}
}
