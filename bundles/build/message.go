package build

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Error says that the sources can't be built: a syntax error, an import that leads nowhere,
// no default export.
type Error struct {
	Messages []Message // at least one
}

func (e *Error) Error() string { return summary(e.Messages) }

// Frame renders all messages as plain text, each with the line it is about.
func (e *Error) Frame() string { return frames(e.Messages) }

// ConfigError says that the project's configuration can't be used: an unknown key, a value
// out of range, a syntax error in TOML.
type ConfigError struct {
	Messages []Message // at least one
}

func (e *ConfigError) Error() string { return summary(e.Messages) }

// Frame renders all messages as plain text, each with the line it is about.
func (e *ConfigError) Frame() string { return frames(e.Messages) }

// Message is an error or a warning, and the place it is about.
type Message struct {
	Text   string   `json:"text"`
	File   string   `json:"file,omitempty"`   // relative to the project, with slashes; empty: no file
	Line   int      `json:"line,omitempty"`   // from 1; 0: the whole file
	Column int      `json:"column,omitempty"` // from 1, in UTF-16 units as editors count
	Source string   `json:"source,omitempty"` // the line, or the part of a long one around the column
	Caret  int      `json:"caret,omitempty"`  // characters of Source before the column
	Width  int      `json:"width,omitempty"`  // characters that the message is about; 0: one
	Notes  []string `json:"notes,omitempty"`  // what to do, and what else to know
}

// String returns the message in one line: "src/index.ts:3:14: text".
func (m Message) String() string {
	place := m.File
	if place != "" && m.Line > 0 {
		place += fmt.Sprintf(":%d:%d", m.Line, max(m.Column, 1))
	}
	if place == "" {
		return m.Text
	}
	return place + ": " + m.Text
}

// Frame renders the message as plain text: where and what, the line with a caret under the
// column, and the notes. It ends with a newline. Control characters are replaced.
//
//	src/index.ts:3:14: Expected ";" but found "x"
//	    3 | const answer x = 1
//	      |              ^
func (m Message) Frame() string {
	var out strings.Builder
	out.WriteString(printable(m.String()) + "\n")
	if m.Line > 0 && m.Source != "" {
		number := strconv.Itoa(m.Line)
		source := []rune(printable(m.Source))
		before := source[:min(m.Caret, len(source))]
		fmt.Fprintf(&out, "    %s | %s\n", number, string(source))
		fmt.Fprintf(&out, "    %*s | %s%s\n", len(number), "", blank(before), strings.Repeat("^", max(1, min(m.Width, len(source)-len(before)))))
	}
	for _, note := range m.Notes {
		out.WriteString("    " + strings.ReplaceAll(printable(note), "\n", "\n    ") + "\n")
	}
	return out.String()
}

// blank returns white space as wide as text.
func blank(text []rune) string {
	out := make([]rune, len(text))
	for i, c := range text {
		out[i] = ' '
		if c == '\t' {
			out[i] = '\t'
		}
	}
	return string(out)
}

// printable replaces what a terminal would obey: control characters, except tab and
// newline, and those that change the direction of text.
func printable(text string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == '\t' || c == '\n':
			return c
		case c < ' ', c >= 0x7f && c < 0xa0, c >= 0x202a && c <= 0x202e, c >= 0x2066 && c <= 0x2069:
			return utf8.RuneError
		}
		return c
	}, text)
}

func summary(messages []Message) string {
	text := messages[0].String()
	if n := len(messages) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more)", n)
	}
	return text
}

func frames(messages []Message) string {
	parts := make([]string, len(messages))
	for i, m := range messages {
		parts[i] = m.Frame()
	}
	return strings.Join(parts, "\n")
}

const (
	sourceBefore = 80 // characters of a long line that a message keeps before its column
	sourceAfter  = 80
	messagesMax  = 20 // of one build
)

// at sets the message's place: column is the index into line of the byte that it is about,
// and width the number of bytes.
func (m Message) at(file string, number int, line string, column, width int) Message {
	line = strings.TrimRight(line, "\r\n")
	column = min(max(column, 0), len(line))
	before, after := line[:column], line[column:]
	m.File, m.Line = file, number
	m.Column = len(utf16.Encode([]rune(before))) + 1
	m.Width = utf8.RuneCountInString(after[:min(max(width, 0), len(after))])
	if runes := []rune(before); len(runes) > sourceBefore {
		before = "…" + string(runes[len(runes)-sourceBefore:])
	}
	if runes := []rune(after); len(runes) > sourceAfter {
		after = string(runes[:sourceAfter]) + "…"
	}
	m.Source, m.Caret = before+after, utf8.RuneCountInString(before)
	return m
}

// atOffset sets the message's place to a byte of text.
func (m Message) atOffset(file, text string, offset, width int) Message {
	offset = min(max(offset, 0), len(text))
	start := strings.LastIndexByte(text[:offset], '\n') + 1
	end := len(text)
	if i := strings.IndexByte(text[offset:], '\n'); i >= 0 {
		end = offset + i
	}
	return m.at(file, 1+strings.Count(text[:offset], "\n"), text[start:end], offset-start, width)
}
