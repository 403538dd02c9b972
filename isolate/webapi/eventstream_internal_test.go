package webapi

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
)

// events feeds text in pieces of so many bytes and tells what comes out.
func events(vm *js.VM, text string, size int) (string, *eventStream) {
	s := new(eventStream)
	var out []string
	for len(text) > 0 {
		n := min(size, len(text))
		if err := s.feed(vm, []byte(text[:n]), func(e serverEvent) { out = append(out, fmt.Sprintf("%s|%s|%s", e.kind, e.data, e.id)) }); err != nil {
			return err.Error(), s
		}
		text = text[n:]
	}
	return strings.Join(out, "; "), s
}

func plainVM(t testing.TB) *js.VM {
	t.Helper()
	p, err := js.NewPlatform(All()...)
	if err != nil {
		t.Fatal(err)
	}
	return p.NewVM(js.Config{})
}

func TestEventStream(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"one", "data: hello\n\n", "|hello|"},
		{"without a space", "data:hello\n\n", "|hello|"},
		{"with two spaces", "data:  hello\n\n", "| hello|"},
		{"lines", "data: a\ndata: b\ndata\n\n", "|a\nb\n|"},
		{"an empty one is one", "data\n\n", "||"},
		{"two empty lines", "data\ndata\n\n", "|\n|"},
		{"an event without data is none", "event: x\n\ndata: y\n\n", "|y|"},
		{"a kind", "event: x\ndata: y\n\ndata: z\n\n", "x|y|; |z|"},
		{"ids last", "id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", "|a|1; |b|1; |c|"},
		{"an id with NUL is ignored", "id: 1\x002\ndata: a\n\n", "|a|"},
		{"an id without data counts", "id: 7\n\ndata: a\n\n", "|a|7"},
		{"comments", ": hello\ndata: a\n:\n\n", "|a|"},
		{"unknown fields", "color: red\nDATA: b\ndata: a\n\n", "|a|"},
		{"carriage returns", "data: a\r\rdata: b\r\n\r\ndata: c\n\r\n", "|a|; |b|; |c|"},
		{"a byte order mark", "\uFEFFdata: a\n\n\uFEFFdata: b\n\ndata: c\n\n", "|a|; |c|"},
		{"not UTF-8", "data: \xff\n\n", "|\uFFFD|"},
		{"what is not complete is dropped", "data: a\n", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			vm := plainVM(t)
			for _, size := range []int{1, 2, 3, 1000} {
				if got, _ := events(vm, tc.text, size); got != tc.want {
					t.Errorf("in pieces of %d:\n got %q\nwant %q", size, got, tc.want)
				}
			}
		})
	}
}

func TestEventStreamRetry(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"retry: 10\n": 10 * time.Millisecond, "retry: x\n": 0, "retry: +1\n": 0, "retry: -1\n": 0, "retry:\n": 0, "retry: 99999999999999999999\n": 0,
	} {
		if _, s := events(plainVM(t), text, 5); s.retry != want {
			t.Errorf("%q: %v, want %v", text, s.retry, want)
		}
	}
}

func TestEventStreamBounds(t *testing.T) {
	t.Parallel()
	vm := plainVM(t)
	for _, text := range []string{
		"data: " + strings.Repeat("x", eventBytesMax+1),
		strings.Repeat("data: "+strings.Repeat("x", 1<<18)+"\n", 5),
	} {
		if got, _ := events(vm, text, 64<<10); got != errEventTooLarge.Error() {
			t.Errorf("got %.100q", got)
		}
	}
}

func FuzzEventStream(f *testing.F) {
	f.Add("data: a\r\n\r\nid: 1\nevent: x\n: c\nretry: 5\ndata\n\n", 3)
	f.Fuzz(func(t *testing.T, text string, size int) {
		if size < 1 || len(text) > 1<<12 {
			t.Skip()
		}
		vm := plainVM(t)
		whole, _ := events(vm, text, len(text)+1)
		if got, _ := events(vm, text, size); got != whole {
			t.Errorf("in pieces of %d %q, whole %q", size, got, whole)
		}
	})
}
