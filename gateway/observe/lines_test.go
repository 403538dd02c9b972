package observe_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/skerry-edge/skerry/gateway/observe"
)

func pipe(t testing.TB, l *observe.Lines) *os.File {
	t.Helper()
	w, err := l.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestLines(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 64<<10)
	for _, tc := range []struct {
		name   string
		writes []string
		want   string
	}{
		{"nothing", nil, ""},
		{"a line", []string{"a\n"}, "a\n"},
		{"a line in pieces", []string{"a", "b", "\nc", "\n"}, "ab\nc\n"},
		{"lines at once", []string{"a\n\nb\nc\n"}, "a\n\nb\nc\n"},
		{"an end that never came", []string{"a\nhalf a li"}, "a\nhalf a li\n"},
		{"a line of the greatest length", []string{long[1:] + "\n", "a\n"}, long[1:] + "\na\n"},
		{"a line that is longer", []string{long + "y\n", "a\n"}, long + "\ny\na\n"},
		{"a line without end", []string{long, long}, long + "\n" + long + "\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			l := observe.NewLines(&out)
			w := pipe(t, l)
			for _, s := range tc.writes {
				if _, err := w.WriteString(s); err != nil {
					t.Fatal(err)
				}
			}
			w.Close()
			l.Wait()
			if out.String() != tc.want {
				t.Errorf("got %.300q, %d bytes\nwant %.300q, %d bytes", out.String(), out.Len(), tc.want, len(tc.want))
			}
			if l.Dropped() != 0 || l.Failed() != 0 {
				t.Errorf("%d lines dropped and %d failed", l.Dropped(), l.Failed())
			}
		})
	}
}

func TestLinesOfManyStayWhole(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l := observe.NewLines(&out)
	const processes, lines = 8, 300
	var wg sync.WaitGroup
	for i := range processes {
		w := pipe(t, l)
		wg.Go(func() {
			defer w.Close()
			for j := range lines {
				line := fmt.Sprintf("%d %d %s\n", i, j, strings.Repeat("x", j))
				w.WriteString(line[:j/2])
				w.WriteString(line[j/2:])
			}
		})
	}
	wg.Wait()
	l.Wait()
	var next [processes]int
	for line := range strings.Lines(out.String()) {
		var i, j int
		if _, err := fmt.Sscan(line, &i, &j); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		if want := fmt.Sprintf("%d %d %s\n", i, next[i], strings.Repeat("x", next[i])); line != want {
			t.Fatalf("got %q, want %q", line, want)
		}
		next[i]++
	}
	if slices.ContainsFunc(next[:], func(n int) bool { return n != lines }) {
		t.Errorf("%v lines came, want %d of each", next, lines)
	}
}

// A writer that takes nothing costs lines, and no process waits for it.
func TestLinesDropWhatIsTooMuch(t *testing.T) {
	t.Parallel()
	out := newStuck()
	l := observe.NewLines(out)
	w := pipe(t, l)
	line := strings.Repeat("x", 999) + "\n"
	const lines = 10_000 // twice of what may wait
	for range lines {
		if _, err := w.WriteString(line); err != nil { // it would wait here
			t.Fatal(err)
		}
	}
	w.Close()
	close(out.released)
	l.Wait()
	got := uint64(strings.Count(out.text(), line))
	if l.Dropped() == 0 || got+l.Dropped() != lines {
		t.Errorf("%d lines written and %d dropped, of %d", got, l.Dropped(), lines)
	}
	said := uint64(0)
	for line := range strings.Lines(out.text()) {
		if _, rest, ok := strings.Cut(line, `"type":"dropped","lines":`); ok {
			n, _ := strconv.ParseUint(strings.TrimSuffix(rest, "}\n"), 10, 64)
			said += n
		}
	}
	if said != l.Dropped() {
		t.Errorf("the lines say that %d were dropped, and %d were", said, l.Dropped())
	}
}

func TestLinesThatFail(t *testing.T) {
	t.Parallel()
	l := observe.NewLines(refusing{})
	w := pipe(t, l)
	io.WriteString(w, "a\nb\n")
	w.Close()
	l.Wait()
	if l.Failed() != 2 {
		t.Errorf("%d lines failed, want 2", l.Failed())
	}
}

type refusing struct{}

func (refusing) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }
