package rewrite_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/isolate/webapi/rewrite"
)

// account is a Meter that adds up.
type account struct {
	steps     int
	allocated int64 // in large pieces
}

func (a *account) Done(n int)       { a.steps += n }
func (a *account) Allocate(n int64) { a.allocated += n }

// TestLimits gives documents that are too large in one way, and such as are almost.
func TestLimits(t *testing.T) {
	t.Parallel()
	const mb = 1 << 20
	numbered := func(n int, format string) string {
		var s strings.Builder
		for i := range n {
			fmt.Fprintf(&s, format, i)
		}
		return s.String()
	}
	for _, tc := range []struct {
		name, page string
		want       error
	}{
		{"a large tag", "<a b='" + strings.Repeat("x", mb-100) + "'>", nil},
		{"a larger tag", "<a b='" + strings.Repeat("x", mb) + "'>", rewrite.ErrTokenTooLarge},
		{"a tag that never ends", "<a b='" + strings.Repeat("x", 3*mb), rewrite.ErrTokenTooLarge},
		{"a comment that never ends", "<!--" + strings.Repeat("x", 3*mb), rewrite.ErrTokenTooLarge},
		{"a large doctype", "<!doctype " + strings.Repeat("x", 3*mb) + ">", rewrite.ErrTokenTooLarge},
		{"large text", strings.Repeat("x", 3*mb), nil},
		{"a large script", "<script>" + strings.Repeat("</scrip", mb/4) + "</script>", nil},
		{"a large script in a comment", "<script><!--" + strings.Repeat("-<script", mb/32) + "</script>", nil},
		{"many attributes", "<a" + strings.Repeat(" b", 16384) + ">", nil},
		{"too many attributes", "<a" + strings.Repeat(" b", 16385) + ">", rewrite.ErrTooManyAttributes},
		{"deep", strings.Repeat("<a>", 40_000), nil},
		{"too deep", strings.Repeat("<a>", 200_000), rewrite.ErrTooDeep},
		{"deep, with names", numbered(20_000, "<a%d>"), nil},
		{"deep, with long names", strings.Repeat("<"+strings.Repeat("a", 100_000)+">", 100), rewrite.ErrTooDeep},
		{"many siblings with names", numbered(30_000, "<a%d></a%[1]d>"), nil},
		{"too many siblings with names", numbered(90_000, "<a%d></a%[1]d>"), rewrite.ErrTooDeep},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			elements := 0
			rules := element(t, "a, a *, a > a > a, [x], :nth-of-type(3)", func(*rewrite.Element) { elements++ })
			rules.OnDocument(rewrite.DocumentHandlers{Comments: func(*rewrite.Comment) {}, Text: func(*rewrite.Text) {}, Doctype: func(*rewrite.Doctype) {}})
			var chunks []string
			for page := tc.page; page != ""; {
				n := min(64<<10, len(page))
				chunks, page = append(chunks, page[:n]), page[n:]
			}
			meter := new(account)
			out, err := run(rules, rewrite.Config{Meter: meter}, chunks...)
			if !errors.Is(err, tc.want) || tc.want == nil && out != tc.page {
				t.Errorf("error %v, want %v; same page: %t", err, tc.want, out == tc.page)
			}
			if steps := 60*(strings.Count(tc.page, "<")+1) + len(tc.page); meter.steps > steps {
				t.Errorf("%d steps for %d bytes and %d elements, want at most %d", meter.steps, len(tc.page), elements, steps)
			}
		})
	}
}

// TestEndTagsOfNothing has end tags that end nothing within many open elements: nobody looks
// through all of those for each.
func TestEndTagsOfNothing(t *testing.T) {
	t.Parallel()
	const n = 50_000
	page := strings.Repeat("<a>", n) + strings.Repeat("</b>", n)
	meter := new(account)
	out, err := run(element(t, "c", func(*rewrite.Element) {}), rewrite.Config{Meter: meter}, page)
	if out != page || err != nil || meter.steps > 200*n {
		t.Errorf("%d steps, error %v", meter.steps, err)
	}
}

// TestSmallPieces has a token come byte by byte: no byte is looked at, or copied, twice.
func TestSmallPieces(t *testing.T) {
	t.Parallel()
	page := "<!--" + strings.Repeat("-", 50_000) + "--><a b='" + strings.Repeat(">", 50_000) + "'>"
	chunks := make([]string, len(page))
	for i := range chunks {
		chunks[i] = page[i : i+1]
	}
	meter := new(account)
	out, err := run(element(t, "a", func(*rewrite.Element) {}), rewrite.Config{Meter: meter}, chunks...)
	if out != page || err != nil || meter.allocated > 2<<20 {
		t.Errorf("same page: %t, error %v, %d bytes allocated", out == page, err, meter.allocated)
	}
}
