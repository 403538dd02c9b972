package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/build"
)

// An error that went to another process and back ends the command in the same way.
func TestFailuresKeepTheirKind(t *testing.T) {
	t.Parallel()
	place := build.Message{Text: "unexpected end", File: "a.js", Line: 3, Column: 7, Source: "let x =", Caret: 6, Width: 1, Notes: []string{"add a value"}}
	for _, err := range []error{
		errors.New("x"),
		&build.Error{Messages: []build.Message{place, {Text: "another"}}},
		&build.ConfigError{Messages: []build.Message{place}},
		&build.MissingError{What: "no entry module", Path: "shop", Hint: "create one"},
		fmt.Errorf("build: %w", &bundles.SizeError{What: "a.bin", Bytes: 2 << 20, BytesMax: 1 << 20}),
		&configError{errors.New("manifest: name is too long")},
		fmt.Errorf("load project: %w", &fs.PathError{Op: "open", Path: "a", Err: fs.ErrNotExist}),
	} {
		text, bad := json.Marshal(compileAnswer{Failure: failureOf(err)})
		if bad != nil {
			t.Fatal(bad)
		}
		answer, _, bad := readAnswer(bytes.NewReader(append(text, '\n')))
		if bad != nil {
			t.Fatal(bad)
		}
		got := answer.Failure.err()
		if got.Error() != err.Error() || exitCode(got) != exitCode(err) || errorCode(got) != errorCode(err) {
			t.Errorf("%v, code %d %s; want %v, code %d %s", got, exitCode(got), errorCode(got), err, exitCode(err), errorCode(err))
		}
		if g, w := fmt.Sprintf("%+v", messagesOf(got)), fmt.Sprintf("%+v", messagesOf(err)); g != w {
			t.Errorf("%v: messages\n got %s\nwant %s", err, g, w)
		}
	}
}

func TestLastWords(t *testing.T) {
	t.Parallel()
	ended := errors.New("exit status 2")
	for _, tc := range []struct {
		name, text, want string
		exit             int
	}{
		{"a stack that overflows", "runtime: goroutine stack exceeds 134217728-byte limit\nfatal error: stack overflow\n", "the sources are nested too deeply to be built", exitUser},
		{"memory that it holds", "out of memory\n", "the build ran out of memory (512 MB)", exitLimit},
		{"memory that it can't get", "fatal error: runtime: cannot allocate memory\n", "the build ran out of memory (512 MB)", exitLimit},
		{"something else", "\npanic: boo\n\ngoroutine 1", "the build ended before it was done: exit status 2: panic: boo", exitUser},
		{"nothing", "", "the build ended before it was done: exit status 2", exitUser},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var l lastWords
			if _, err := io.WriteString(&l, tc.text); err != nil {
				t.Fatal(err)
			}
			if err := l.err(ended); err.Error() != tc.want || exitCode(err) != tc.exit {
				t.Errorf("%v, code %d; want %s, code %d", err, exitCode(err), tc.want, tc.exit)
			}
		})
	}
	var l lastWords
	for range 100 {
		if n, err := l.Write(make([]byte, 1000)); n != 1000 || err != nil {
			t.Fatal(n, err)
		}
	}
	if l.text.Len() != 8<<10 {
		t.Errorf("%d bytes are kept", l.text.Len())
	}
}

// What says that it builds may be anything.
func FuzzReadAnswer(f *testing.F) {
	bundle := bundles.Encode(&bundles.Bundle{Manifest: bundles.Manifest{Name: "a"}, Script: []byte("1")})
	f.Add([]byte(fmt.Sprintf("{\"bundle_bytes\":%d}\n%s", len(bundle), bundle)))
	f.Add([]byte("{\"failure\":{\"text\":\"x\",\"source\":{}}}\n"))
	f.Add([]byte("null\n"))
	f.Add([]byte(strings.Repeat("x", 5000)))
	f.Fuzz(func(t *testing.T, data []byte) {
		answer, bundle, err := readAnswer(bytes.NewReader(data))
		switch {
		case err != nil:
		case answer.Failure != nil:
			_ = exitCode(answer.Failure.err())
			if messages := messagesOf(answer.Failure.err()); len(messages) > 0 {
				_ = (&build.Error{Messages: messages}).Error()
			}
		case bundle == nil:
			t.Error("neither a bundle nor an error")
		}
	})
}

func TestAnswersThatAreTooLong(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]io.Reader{
		"a line that does not end":  io.LimitReader(forever{}, 1<<30),
		"a bundle that is cut off":  strings.NewReader("{\"bundle_bytes\":100}\nskerry\x00\x01"),
		"a bundle that is too long": io.MultiReader(strings.NewReader("{}\nskerry\x00\x01"), io.LimitReader(forever{}, 1<<30)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, _, err := readAnswer(answer); err == nil {
				t.Error("it is taken")
			}
		})
	}
}

// forever is text without an end.
type forever struct{}

func (forever) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}
