package gateway

import (
	"encoding/json"
	"fmt"
	"html"
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/skerry-edge/skerry/isolate"
)

// document is a problem document, and the same as a page.
// See https://www.rfc-editor.org/rfc/rfc9457.html; without a type, the title is the status
// code's phrase, and code is what tells problems apart.
type document struct {
	Title     string          `json:"title"`
	Status    int             `json:"status"`
	Detail    string          `json:"detail"`
	Code      isolate.Outcome `json:"code"`
	Function  string          `json:"function,omitempty"`
	Version   int             `json:"version,omitempty"`
	RequestID string          `json:"request_id"`

	Limit   string `json:"limit,omitempty"`
	Used    *int64 `json:"used,omitempty"`
	Allowed *int64 `json:"allowed,omitempty"`

	// In dev mode alone.
	Stack  string  `json:"stack,omitempty"`
	Source *source `json:"source,omitempty"`
}

// source is a place in a function's sources.
type source struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Text   string `json:"text,omitempty"`
}

// newDocument describes p. The caller adds what it knows of function and request.
func newDocument(p *problem, dev bool) *document {
	status := answerTo(p.outcome).status
	d := &document{Title: fasthttp.StatusMessage(status), Status: status, Detail: p.text(), Code: p.outcome}
	if p.limit != "" {
		d.Limit, d.Used, d.Allowed = p.limit, &p.used, &p.allowed
	}
	if dev && p.failure != nil {
		d.Detail, d.Stack = p.failure.Message, p.failure.Stack
		if f := p.failure.Source; f != nil {
			d.Source = &source{f.File, f.Line, f.Column, f.Text}
		}
	}
	return d
}

func (f format) contentType() string {
	switch f {
	case formatHTML:
		return "text/html; charset=utf-8"
	case formatText:
		return "text/plain; charset=utf-8"
	}
	return "application/problem+json"
}

func (d *document) render(f format) []byte {
	switch f {
	case formatHTML:
		return d.html()
	case formatText:
		return d.text()
	}
	b, err := json.Marshal(d)
	if err != nil { // strings and numbers alone can't fail
		panic(err)
	}
	return append(b, '\n')
}

func (d *document) text() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s\n%s\n\n", d.Status, d.Title, d.Detail)
	if d.Source != nil {
		fmt.Fprintf(&b, "%s\n\n", d.Source.frame())
	}
	if d.Stack != "" {
		fmt.Fprintf(&b, "%s\n\n", d.Stack)
	}
	for _, f := range d.facts() {
		fmt.Fprintf(&b, "%s: %s\n", f[0], f[1])
	}
	return []byte(b.String())
}

func (d *document) html() []byte {
	var b strings.Builder
	title := html.EscapeString(fmt.Sprintf("%d %s", d.Status, d.Title))
	fmt.Fprintf(&b, pageHead, title, title, html.EscapeString(d.Detail))
	if d.Source != nil {
		fmt.Fprintf(&b, "<pre class=source>%s</pre>\n", html.EscapeString(d.Source.frame()))
	}
	if d.Stack != "" {
		fmt.Fprintf(&b, "<pre>%s</pre>\n", html.EscapeString(d.Stack))
	}
	b.WriteString("<dl>\n")
	for _, f := range d.facts() {
		fmt.Fprintf(&b, "<dt>%s<dd>%s\n", html.EscapeString(f[0]), html.EscapeString(f[1]))
	}
	b.WriteString("</dl>\n")
	return []byte(b.String())
}

// pageHead begins a page: title, heading, detail. It needs nothing from elsewhere.
const pageHead = `<!doctype html>
<html lang=en>
<meta charset=utf-8>
<meta name=viewport content="width=device-width">
<meta name=color-scheme content="light dark">
<title>%s</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 10vh auto; padding: 0 1rem }
h1 { font-size: 1.5rem }
pre { overflow-x: auto; padding: 1rem; border: 1px solid; border-radius: .5rem }
.source { border-color: crimson }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; opacity: .7 }
dd { margin: 0 }
</style>
<h1>%s</h1>
<p>%s
`

// facts are the name and value of what the document says besides its text.
func (d *document) facts() [][2]string {
	facts := [][2]string{{"code", string(d.Code)}}
	if d.Function != "" {
		facts = append(facts, [2]string{"function", d.Function}, [2]string{"version", strconv.Itoa(d.Version)})
	}
	if d.Limit != "" {
		facts = append(facts, [2]string{"limit", d.Limit},
			[2]string{"used", strconv.FormatInt(*d.Used, 10)}, [2]string{"allowed", strconv.FormatInt(*d.Allowed, 10)})
	}
	return append(facts, [2]string{"request id", d.RequestID})
}

// frame shows the place with its line, and points at the column.
func (s *source) frame() string {
	place := fmt.Sprintf("%s:%d:%d", s.File, s.Line, s.Column)
	if s.Text == "" {
		return place
	}
	number := strconv.Itoa(s.Line)
	// What stands before the column is kept as white space, tabs as tabs, so that the
	// mark stands below its character.
	before := []rune(s.Text)
	before = before[:min(max(s.Column-1, 0), len(before))]
	indent := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, string(before))
	return fmt.Sprintf("%s\n%s | %s\n%s | %s^", place, number, s.Text, strings.Repeat(" ", len(number)), indent)
}
