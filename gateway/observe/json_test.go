package observe_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/skerry-edge/skerry/gateway/observe"
	"github.com/skerry-edge/skerry/isolate"
)

// FuzzLine holds that whatever a function logs comes out as one line of JSON, says the same
// to a reader, and says nothing to a terminal.
func FuzzLine(f *testing.F) {
	f.Add("plain", "/path")
	f.Add("\x1b]52;c;x\x07 \x9b31m \u009b \u202e", "\x00\n\r\t\"\\")
	f.Add("é\u2028\ufeff\xff\xc3", strings.Repeat("\x7f", 3000))
	f.Fuzz(func(t *testing.T, message, path string) {
		line := observe.Item{Line: &isolate.LogLine{Message: message}}.AppendJSON(nil)
		record := (&observe.Record{Path: path, Failure: &isolate.Failure{Message: message}}).AppendJSON(nil)
		var console struct {
			Message string
			Bytes   int `json:"message_bytes"`
		}
		var access struct{ Path, Error string }
		if err := json.Unmarshal(line, &console); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		if err := json.Unmarshal(record, &access); err != nil {
			t.Fatalf("%v in %q", err, record)
		}
		for _, text := range [][]byte{line, record} {
			if !utf8.Valid(text) || len(text) >= 10<<10 {
				t.Errorf("%d bytes, valid UTF-8: %v", len(text), utf8.Valid(text))
			}
			if i := bytes.IndexFunc(text, func(r rune) bool {
				return r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069
			}); i >= 0 {
				t.Errorf("a control character at %d of %q", i, text)
			}
		}
		same(t, console.Message, message)
		same(t, access.Path, path)
		same(t, access.Error, message)
		if cut := console.Bytes != 0; cut != strings.HasSuffix(console.Message, "…") && !strings.HasSuffix(message, "…") {
			t.Errorf("cut: %v, but the message ends in %q", cut, console.Message[max(0, len(console.Message)-8):])
		}
	})
}

// TestTimesAreThoseOfPackageTime holds the times in lines against package time.
func TestTimesAreThoseOfPackageTime(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for at := time.Date(1999, 12, 31, 23, 59, 59, 999_999_999, time.FixedZone("", 3600)); at.Year() < 2101; at = at.Add(97*day + 12345678*time.Microsecond) {
		line := (&observe.Record{Time: at}).AppendJSON(nil)
		if want := `"time":"` + at.UTC().Format("2006-01-02T15:04:05.000Z07:00") + `"`; !bytes.Contains(line, []byte(want)) {
			t.Fatalf("%s lacks %s", line, want)
		}
	}
	line := (&observe.Record{Time: time.Date(12345, 1, 2, 3, 4, 5, 0, time.UTC)}).AppendJSON(nil)
	if want := `"time":"12345-01-02T03:04:05.000Z"`; !bytes.Contains(line, []byte(want)) {
		t.Errorf("%s lacks %s", line, want)
	}
}

// same fails unless got is sent, or a beginning of it that ends in "…". What is not UTF-8
// becomes U+FFFD.
func same(t *testing.T, got, sent string) {
	t.Helper()
	want := strings.Map(func(r rune) rune { return r }, sent) // each bad byte becomes U+FFFD
	head, cut := strings.CutSuffix(got, "…")
	if got != want && !(cut && strings.HasPrefix(want, head)) {
		t.Errorf("got %q, sent %q", got, sent)
	}
}
