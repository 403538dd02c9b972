package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"unicode"

	"golang.org/x/term"

	"github.com/skerry-edge/skerry/bundles/build"
	"github.com/skerry-edge/skerry/gateway/admin"
)

// terminal is where a command reads and writes: text with colour for a person, plain text
// in a pipe, JSON where --json asks for it.
type terminal struct {
	in     io.Reader
	out    io.Writer
	err    io.Writer
	getenv func(string) (string, bool)
	json   bool // --json
	colour bool // stdout is a terminal, and nobody asked for plain text
	prompt bool // all of it is a terminal: a person can be asked
}

func newTerminal(in, out, errs *os.File, getenv func(string) (string, bool)) *terminal {
	t := &terminal{in: in, out: out, err: errs, getenv: getenv}
	_, plain := getenv("NO_COLOR")
	t.colour = term.IsTerminal(int(out.Fd())) && !plain
	t.prompt = term.IsTerminal(int(in.Fd())) && term.IsTerminal(int(out.Fd()))
	return t
}

// Styles of text.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

// paint gives text a style where colour is shown.
func (t *terminal) paint(style, text string) string {
	if !t.colour || text == "" {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

// say writes a line for people; nothing with --json.
func (t *terminal) say(format string, args ...any) {
	if !t.json {
		fmt.Fprintf(t.out, format+"\n", args...)
	}
}

// note writes a line that is no result: to stderr, so that a pipe stays clean.
func (t *terminal) note(format string, args ...any) {
	if !t.json {
		fmt.Fprintf(t.err, format+"\n", args...)
	}
}

// document writes a JSON document, and says whether --json asks for it.
func (t *terminal) document(v any) bool {
	if !t.json {
		return false
	}
	e := json.NewEncoder(t.out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		fmt.Fprintln(t.err, "skerry:", err)
	}
	return true
}

// table writes rows under a header, in columns.
func (t *terminal) table(header []string, rows [][]string) {
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(header, "\t"))
	for _, r := range rows {
		for i := range r {
			r[i] = printable(r[i])
		}
		fmt.Fprintln(w, strings.Join(r, "\t"))
	}
	w.Flush()
}

// errInterrupted stands for whatever a command was doing when it was told to stop.
var errInterrupted = fmt.Errorf("interrupted before it was done: %w", context.Canceled)

// fail reports the error that ends a command.
func (t *terminal) fail(err error) {
	if errors.Is(err, context.Canceled) {
		err = errInterrupted
	}
	var problem *admin.Problem
	errors.As(err, &problem)
	messages := messagesOf(err)
	if t.json {
		out := map[string]any{"code": errorCode(err), "message": err.Error()}
		switch {
		case problem != nil:
			addPlace(out, problem.File, problem.Line, problem.Column, problem.Text)
		case len(messages) > 0:
			addPlace(out, messages[0].File, messages[0].Line, messages[0].Column, messages[0].Source)
			out["messages"] = messages
		}
		t.document(map[string]any{"error": out})
		return
	}
	if len(messages) > 0 {
		fmt.Fprint(t.err, t.frames(messages))
		return
	}
	fmt.Fprintln(t.err, t.paint(red, "error:"), printableLines(err.Error()))
	if problem == nil {
		return
	}
	if problem.File != "" {
		fmt.Fprint(t.err, t.frame(problem.File, problem.Line, problem.Column, problem.Text))
	}
	if problem.Stack != "" {
		fmt.Fprintln(t.err, t.paint(dim, printableLines(problem.Stack)))
	}
}

func addPlace(out map[string]any, file string, line, column int, text string) {
	if file == "" {
		return
	}
	out["file"], out["line"], out["column"] = file, line, column
	if text != "" {
		out["text"] = text
	}
}

// messagesOf returns what a build or a project's configuration has against the author's
// files; none if err is no such error.
func messagesOf(err error) []build.Message {
	var source *build.Error
	var config *build.ConfigError
	switch {
	case errors.As(err, &source):
		return source.Messages
	case errors.As(err, &config):
		return config.Messages
	}
	return nil
}

// frames writes messages about files, each with its line of source.
func (t *terminal) frames(messages []build.Message) string {
	var b strings.Builder
	for _, m := range messages {
		b.WriteString(t.paint(red, "error:") + " " + m.Frame())
	}
	return b.String()
}

// frame shows a place in a source file, with a caret under the column.
func (t *terminal) frame(file string, line, column int, text string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  %s\n", t.paint(cyan, fmt.Sprintf("%s:%d:%d", printable(file), line, column)))
	if text == "" {
		return b.String()
	}
	number := fmt.Sprint(line)
	indent := min(max(column-1, 0), len(text))
	space := strings.Map(func(r rune) rune {
		if r == '\t' {
			return '\t'
		}
		return ' '
	}, text[:indent])
	fmt.Fprintf(&b, "  %s %s\n", t.paint(dim, number+" |"), printableLines(text))
	fmt.Fprintf(&b, "  %s %s%s\n", strings.Repeat(" ", len(number))+t.paint(dim, " |"), space, t.paint(red, "^"))
	return b.String()
}

// printable makes text harmless on a terminal: what a function logs or a file is called
// must not move the cursor.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// printableLines is printable with line breaks and tabs kept.
func printableLines(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || !unicode.IsControl(r) && !unicode.Is(unicode.Bidi_Control, r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}
