package webapi

import (
	"strings"

	"github.com/skerry-edge/skerry/isolate/js"
)

// URL is a URL that can be read and changed part by part.
//
// Spec: https://url.spec.whatwg.org/#url-class
var URL = js.Class[url]{
	Name:        "URL",
	Length:      1,
	Constructor: newURL,
	Members: []js.Member[url]{
		js.Accessor("href", (*url).href, (*url).setHref),
		js.Getter("origin", func(u *url, _ *js.Call) (any, error) { return u.record.origin(), nil }),
		urlAttribute("protocol", (*urlRecord).protocol, setProtocol),
		urlAttribute("username", (*urlRecord).usernameText, setUsername),
		urlAttribute("password", (*urlRecord).passwordText, setPassword),
		urlAttribute("host", (*urlRecord).hostAndPort, setHostAndPort),
		urlAttribute("hostname", (*urlRecord).hostname, setHostname),
		urlAttribute("port", (*urlRecord).portText, setPort),
		urlAttribute("pathname", (*urlRecord).pathname, setPathname),
		js.Accessor("search", func(u *url, _ *js.Call) (any, error) { return u.record.search(), nil }, (*url).setSearch),
		js.Getter("searchParams", (*url).searchParams),
		urlAttribute("hash", (*urlRecord).hash, setHash),
		js.Method("toString", 0, (*url).href),
		js.Method("toJSON", 0, (*url).href),
	},
	Statics: []js.Static{
		js.StaticMethod("parse", 1, func(c *js.Call) (any, error) {
			u, err := newURL(c)
			if err != nil {
				return nil, nil // null: that it is no URL is an answer
			}
			return u, nil
		}),
		js.StaticMethod("canParse", 1, func(c *js.Call) (any, error) {
			_, err := newURL(c)
			return err == nil, nil
		}),
	},
}

type url struct {
	js.Instance
	record urlRecord
	params *urlSearchParams // nil until a script asks for it
}

// newURL is the constructor, and the part of parse and canParse that they share.
func newURL(c *js.Call) (*url, error) {
	input, base := c.String(0), urlRecord{}
	if c.Given(1) {
		text := c.String(1)
		var err error
		if base, err = parseAgainst(text, urlRecord{}); err != nil {
			return nil, urlError(err, text)
		}
	}
	record, err := parseAgainst(input, base)
	if err != nil {
		return nil, urlError(err, input)
	}
	return &url{record: record}, nil
}

// urlError is what a script sees of a URL that does not parse.
func urlError(err error, input string) error {
	return js.TypeError("Invalid URL: %q: %v", clip(input, 200), err)
}

// urlAttribute is an attribute that reads and sets one part.
func urlAttribute(name string, get func(*urlRecord) string, set urlSetter) js.Member[url] {
	return js.Accessor(name, // a Value costs an allocation less than a string in an any
		func(u *url, c *js.Call) (any, error) { return c.VM.Text(get(&u.record)), nil },
		func(u *url, c *js.Call) error {
			u.record = u.record.with(set, c.String(0))
			return nil
		})
}

func (u *url) href(c *js.Call) (any, error) { return c.VM.Text(u.record.href), nil }

func (u *url) setHref(c *js.Call) error {
	input := c.String(0)
	record, err := parseAgainst(input, urlRecord{})
	if err != nil {
		return urlError(err, input)
	}
	u.record = record
	u.queryChanged(c.VM)
	return nil
}

func (u *url) setSearch(c *js.Call) error {
	u.record = u.record.with(setSearch, c.String(0))
	u.queryChanged(c.VM)
	return nil
}

// queryChanged brings the parameters in line with the query.
func (u *url) queryChanged(vm *js.VM) {
	if u.params != nil {
		u.params.list = parseURLEncoded(vm, strings.TrimPrefix(u.record.search(), "?"))
	}
}

func (u *url) searchParams(c *js.Call) (any, error) {
	if u.params == nil {
		u.params = &urlSearchParams{url: u}
		u.queryChanged(c.VM)
	}
	return u.params, nil
}
