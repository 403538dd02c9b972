package webapi

import (
	"strings"

	"github.com/skerry-edge/skerry/isolate/js"
)

// urlComponent is one of the eight parts of a URL that a pattern has a pattern for.
type urlComponent uint8

const (
	protocolComponent urlComponent = iota
	usernameComponent
	passwordComponent
	hostnameComponent
	portComponent
	pathnameComponent
	searchComponent
	hashComponent
	urlComponents // how many there are
)

// String is the name that scripts know it by.
func (c urlComponent) String() string {
	return [urlComponents]string{"protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"}[c]
}

// byName are the components in the order in which Web IDL reads and writes the members of a
// dictionary.
var byName = [urlComponents]urlComponent{
	hashComponent, hostnameComponent, passwordComponent, pathnameComponent,
	portComponent, protocolComponent, searchComponent, usernameComponent,
}

// patternInit is a URLPatternInit: components, each of which may be there or not.
//
// Spec: https://urlpattern.spec.whatwg.org/#dictdef-urlpatterninit
type patternInit struct {
	texts   [urlComponents]string
	given   [urlComponents]bool
	base    string
	hasBase bool
}

func (p *patternInit) set(c urlComponent, text string) { p.texts[c], p.given[c] = text, true }

// none says whether none of components is there.
func (p *patternInit) none(components ...urlComponent) bool {
	for _, c := range components {
		if p.given[c] {
			return false
		}
	}
	return true
}

// patternInitOf reads a dictionary; null and undefined are an empty one.
func patternInitOf(vm *js.VM, v js.Value) *patternInit {
	p := new(patternInit)
	if base := vm.Get(v, "baseURL"); !js.IsUndefined(base) {
		p.base, p.hasBase = vm.String(base), true
	}
	for _, c := range byName {
		if text := vm.Get(v, c.String()); !js.IsUndefined(text) {
			p.set(c, vm.String(text))
		}
	}
	return p
}

// record writes p as a dictionary.
func (p *patternInit) record() js.Record {
	var r js.Record
	if p.hasBase {
		r = append(r, js.Property{Name: "baseURL", Value: p.base})
	}
	for _, c := range byName {
		if p.given[c] {
			r = append(r, js.Property{Name: c.String(), Value: p.texts[c]})
		}
	}
	return r
}

// process completes p with its base URL. For a pattern the components stay patterns, and
// those of the base become such; for a URL, all of which is there in the end, they become
// canonical.
//
// Spec: https://urlpattern.spec.whatwg.org/#process-a-urlpatterninit
func (p *patternInit) process(vm *js.VM, isPattern bool) (*patternInit, error) {
	r := new(patternInit)
	if !isPattern {
		r.given = [urlComponents]bool{true, true, true, true, true, true, true, true}
	}
	var base urlRecord
	if p.hasBase {
		var err error
		if base, err = parseAgainst(p.base, urlRecord{}); err != nil {
			return nil, urlError(err, p.base)
		}
		p.inherit(r, &base, isPattern)
	}
	for c := range urlComponents {
		vm.Checkpoint()
		if !p.given[c] {
			continue
		}
		if len(p.texts[c]) > urlBytesMax {
			return nil, js.TypeError("URLPattern: the %s is longer than %d bytes", c, urlBytesMax)
		}
		text := p.strip(c)
		if c == pathnameComponent && base.href != "" && !base.opaque() && !isAbsolutePath(text, isPattern) {
			folder := fromBase(base.pathname(), isPattern)
			text = folder[:strings.LastIndexByte(folder, '/')+1] + text
		}
		if !isPattern {
			var err error
			if text, err = canonicalComponent(c, text, r.texts[protocolComponent]); err != nil {
				return nil, err
			}
		}
		r.set(c, text)
	}
	return r, nil
}

// inherit gives r the components of base that p has nothing as specific for.
func (p *patternInit) inherit(r *patternInit, base *urlRecord, isPattern bool) {
	const (
		protocol = protocolComponent
		username = usernameComponent
		password = passwordComponent
		hostname = hostnameComponent
		port     = portComponent
		pathname = pathnameComponent
		search   = searchComponent
		hash     = hashComponent
	)
	if p.none(protocol) {
		r.set(protocol, fromBase(strings.TrimSuffix(base.protocol(), ":"), isPattern))
	}
	if !isPattern && p.none(protocol, hostname, port, username) {
		r.set(username, base.usernameText())
	}
	if !isPattern && p.none(protocol, hostname, port, username, password) {
		r.set(password, base.passwordText())
	}
	if p.none(protocol, hostname) {
		r.set(hostname, fromBase(base.hostname(), isPattern))
	}
	if p.none(protocol, hostname, port) {
		r.set(port, base.portText())
	}
	if p.none(protocol, hostname, port, pathname) {
		r.set(pathname, fromBase(base.pathname(), isPattern))
	}
	if p.none(protocol, hostname, port, pathname, search) {
		r.set(search, fromBase(strings.TrimPrefix(base.search(), "?"), isPattern))
	}
	if p.none(protocol, hostname, port, pathname, search, hash) {
		r.set(hash, fromBase(strings.TrimPrefix(base.hash(), "#"), isPattern))
	}
}

// fromBase is what a component of a base URL is in a pattern, or in a URL.
//
// Spec: https://urlpattern.spec.whatwg.org/#process-a-base-url-string
func fromBase(text string, isPattern bool) string {
	if isPattern {
		return escapePattern(text)
	}
	return text
}

// strip returns component c without the delimiter that URL shows it with.
func (p *patternInit) strip(c urlComponent) string {
	switch c {
	case protocolComponent:
		return strings.TrimSuffix(p.texts[c], ":")
	case searchComponent:
		return strings.TrimPrefix(p.texts[c], "?")
	case hashComponent:
		return strings.TrimPrefix(p.texts[c], "#")
	}
	return p.texts[c]
}

// isAbsolutePath says whether a pathname stands for itself, whatever the base.
//
// Spec: https://urlpattern.spec.whatwg.org/#is-an-absolute-pathname
func isAbsolutePath(path string, isPattern bool) bool {
	return strings.HasPrefix(path, "/") || isPattern && (strings.HasPrefix(path, `\/`) || strings.HasPrefix(path, "{/"))
}

// canonicalComponent makes the canonical form of a component that is no pattern.
func canonicalComponent(c urlComponent, text, protocol string) (string, error) {
	switch c {
	case protocolComponent:
		return canonicalProtocol(text)
	case hostnameComponent:
		return canonicalHostname(text)
	case portComponent:
		return canonicalPort(text, protocol)
	case pathnameComponent:
		if protocol != "" && !special(protocol) {
			return canonicalOpaquePath(text)
		}
		return canonicalPathname(text)
	case searchComponent:
		return canonicalSearch(text)
	case hashComponent:
		return canonicalHash(text)
	default:
		return canonicalUserinfo(text)
	}
}

// componentsOf takes a URL apart.
func componentsOf(u *urlRecord) [urlComponents]string {
	return [urlComponents]string{
		strings.TrimSuffix(u.protocol(), ":"), u.usernameText(), u.passwordText(), u.hostname(), u.portText(),
		u.pathname(), strings.TrimPrefix(u.search(), "?"), strings.TrimPrefix(u.hash(), "#"),
	}
}
