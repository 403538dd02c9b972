package webapi

import (
	"github.com/skerry-edge/skerry/isolate/js"
)

// patternString is what parses the text that a URLPattern is made of: it finds the
// components in it, which are left as they are. A state is the component that is being read,
// or one of those below.
//
// Spec: https://urlpattern.spec.whatwg.org/#constructor-string-parsing
type patternString struct {
	vm        *js.VM
	input     string
	tokens    []patternToken
	result    patternInit
	state     urlComponent
	start     int  // the token with which the component begins
	at        int  // the token that is looked at
	stays     bool // the next one is looked at in another state first
	braces    int  // how many are open
	brackets  int  // of an IPv6 address
	isSpecial bool // the protocol matches one of the special ones
}

const (
	stateInit = urlComponents + iota
	stateAuthority
	stateDone
)

// parsePatternString reads a constructor's text.
//
// Spec: https://urlpattern.spec.whatwg.org/#parse-a-constructor-string
func parsePatternString(vm *js.VM, input string) (*patternInit, error) {
	if len(input) > patternBytesMax {
		return nil, js.TypeError("URLPattern: the pattern is longer than %d bytes", patternBytesMax)
	}
	tokens, err := tokenizePattern(vm, input, false)
	if err != nil {
		return nil, err
	}
	p := &patternString{vm: vm, input: input, tokens: tokens, state: stateInit}
	steps := vm.Steps()
	for ; p.state != stateDone; p.advance() {
		steps.Done(16)
		if err := p.step(); err != nil {
			return nil, err
		}
	}
	if p.result.given[hostnameComponent] && !p.result.given[portComponent] {
		p.result.set(portComponent, "")
	}
	return &p.result, nil
}

func (p *patternString) advance() {
	if !p.stays {
		p.at++
	}
	p.stays = false
}

// step looks at one token.
func (p *patternString) step() error {
	switch kind := p.tokens[p.at].kind; {
	case kind == tokenEnd:
		p.end()
		return nil
	case kind == tokenOpen:
		p.braces++
		return nil
	case p.braces > 0:
		if kind != tokenClose {
			return nil
		}
		p.braces--
	}
	switch p.state {
	case stateInit:
		if p.is(":") {
			p.rewind(protocolComponent)
		}
	case protocolComponent:
		if p.is(":") {
			return p.endProtocol()
		}
	case stateAuthority:
		if p.is("@") {
			p.rewind(usernameComponent)
		} else if p.is("/") || p.isSearch() || p.is("#") {
			p.rewind(hostnameComponent)
		}
	case usernameComponent:
		if p.is(":") {
			p.change(passwordComponent, 1)
		} else if p.is("@") {
			p.change(hostnameComponent, 1)
		}
	case passwordComponent:
		if p.is("@") {
			p.change(hostnameComponent, 1)
		}
	case hostnameComponent:
		switch {
		case p.is("["):
			p.brackets++
		case p.is("]"):
			p.brackets--
		case p.is(":") && p.brackets == 0:
			p.change(portComponent, 1)
		default:
			p.endBefore(pathnameComponent)
		}
	case portComponent:
		p.endBefore(pathnameComponent)
	case pathnameComponent:
		p.endBefore(searchComponent)
	case searchComponent:
		p.endBefore(hashComponent)
	}
	return nil
}

// end is for the token at the end.
func (p *patternString) end() {
	switch p.state {
	case stateInit: // there is no protocol: the text is relative
		p.at = p.start
		switch {
		case p.is("#"):
			p.change(hashComponent, 1)
		case p.isSearch():
			p.change(searchComponent, 1)
		default:
			p.change(pathnameComponent, 0)
		}
	case stateAuthority: // there is no username
		p.rewind(hostnameComponent)
	default:
		p.change(stateDone, 0)
	}
}

// endBefore goes on to the pathname, the search or the hash, if one begins here; to none
// that comes before first.
func (p *patternString) endBefore(first urlComponent) {
	switch {
	case first <= pathnameComponent && p.is("/"):
		p.change(pathnameComponent, 0)
	case first <= searchComponent && p.isSearch():
		p.change(searchComponent, 1)
	case p.is("#"):
		p.change(hashComponent, 1)
	}
}

// endProtocol looks for an authority after the protocol.
func (p *patternString) endProtocol() error {
	protocol, err := compileComponent(p.vm, protocolComponent, p.component(), patternOptions{}, canonicalProtocol)
	if err != nil {
		return err
	}
	p.isSpecial = protocol.matchesSpecial()
	switch {
	case p.isAt(p.at+1, "/") && p.isAt(p.at+2, "/"):
		p.change(stateAuthority, 3)
	case p.isSpecial:
		p.change(stateAuthority, 1)
	default:
		p.change(pathnameComponent, 1)
	}
	return nil
}

// change ends the component that is being read, skips the tokens of a delimiter, and begins
// another. What is left out between two components is empty, while what is left out after
// the last one is anything.
//
// Spec: https://urlpattern.spec.whatwg.org/#change-state
func (p *patternString) change(state urlComponent, skip int) {
	if p.state < urlComponents {
		p.result.set(p.state, p.component())
	}
	if p.state != stateInit && state < urlComponents {
		p.leaveOut(hostnameComponent, state >= portComponent, "")
		path := ""
		if p.isSpecial {
			path = "/"
		}
		p.leaveOut(pathnameComponent, state >= searchComponent, path)
		p.leaveOut(searchComponent, state >= hashComponent, "")
	}
	p.state = state
	p.at += skip
	p.start = p.at
	p.stays = true
}

// leaveOut gives a component that was passed over its text.
func (p *patternString) leaveOut(c urlComponent, passed bool, text string) {
	if passed && !p.result.given[c] && (p.state < c || p.state == stateAuthority) {
		p.result.set(c, text)
	}
}

// rewind goes back to where the component begins, to read it in another state.
func (p *patternString) rewind(state urlComponent) {
	p.at = p.start
	p.state = state
	p.stays = true
}

// component is the text from the beginning of the component to here.
func (p *patternString) component() string {
	return p.input[p.tokens[min(p.start, len(p.tokens)-1)].index:p.tokens[p.at].index]
}

// is says whether the token here is that character, and no syntax.
func (p *patternString) is(char string) bool { return p.isAt(p.at, char) }

// isAt is the Standard's test for a non-special pattern char.
func (p *patternString) isAt(at int, char string) bool {
	t := p.tokens[min(at, len(p.tokens)-1)]
	return t.value == char && (t.kind == tokenChar || t.kind == tokenEscaped || t.kind == tokenInvalid)
}

// isSearch says whether the question mark here begins a search: it is none that says how
// often a group may stand.
//
// Spec: https://urlpattern.spec.whatwg.org/#is-a-search-prefix
func (p *patternString) isSearch() bool {
	if p.is("?") {
		return true
	}
	if p.tokens[p.at].value != "?" {
		return false
	}
	if p.at == 0 {
		return true
	}
	switch p.tokens[p.at-1].kind {
	case tokenName, tokenRegExp, tokenClose, tokenAsterisk:
		return false
	}
	return true
}
