package route

import (
	"errors"
	"fmt"
	"strings"
)

// pattern is a parsed route.
type pattern struct {
	host   hostKind
	name   string // anyHost: empty; wildcard: with its leading dot, ".example.com"
	path   string // literal; without the "*"
	prefix bool   // whether any rest may follow path
}

type hostKind int

// In order of specificity.
const (
	exactHost hostKind = iota
	wildcardHost
	anyHost
)

// parsePattern parses one route of a manifest: "example.com/api/*". Its errors say what to
// write instead.
func parsePattern(text string) (pattern, error) {
	p := pattern{path: "/", prefix: true}
	if strings.Contains(text, "://") {
		return p, fmt.Errorf("route %q: leave the scheme out: %q", text, text[strings.Index(text, "://")+3:])
	}
	host, rest := text, ""
	if i := strings.IndexByte(text, '/'); i >= 0 {
		host, rest = text[:i], text[i:]
	}
	if err := p.parseHost(host); err != nil {
		return p, fmt.Errorf("route %q: %w", text, err)
	}
	if rest != "" {
		if err := p.parsePath(rest); err != nil {
			return p, fmt.Errorf("route %q: %w", text, err)
		}
	}
	return p, nil
}

func (p *pattern) parseHost(host string) error {
	if host == "*" {
		p.host = anyHost
		return nil
	}
	name, wildcard := strings.CutPrefix(host, "*.")
	if strings.Contains(name, "*") {
		return errors.New(`a "*" in the host stands alone or before a dot at its beginning: "*.example.com"`)
	}
	canonical, err := Host("", name)
	if err != nil {
		return err
	}
	if strings.LastIndexByte(canonical, ':') > strings.LastIndexByte(canonical, ']') {
		return errors.New("leave the port out: a route holds for every port")
	}
	p.name = canonical
	if wildcard {
		p.host, p.name = wildcardHost, "."+canonical
	}
	return nil
}

func (p *pattern) parsePath(path string) error {
	literal, prefix := strings.CutSuffix(path, "*")
	if strings.Contains(literal, "*") {
		return errors.New(`a "*" in the path stands at its end`)
	}
	canonical, err := Path(literal)
	if err != nil {
		return err
	}
	if canonical != literal {
		return fmt.Errorf("no request has the path %q in this form: write %q", literal, canonical)
	}
	p.path, p.prefix = literal, prefix
	return nil
}

// String returns the pattern in the one form that equal patterns share.
func (p pattern) String() string {
	host := p.name
	switch p.host {
	case anyHost:
		host = "*"
	case wildcardHost:
		host = "*" + p.name
	}
	if p.prefix {
		return host + p.path + "*"
	}
	return host + p.path
}
