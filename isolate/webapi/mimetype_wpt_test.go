package webapi

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
)

// TestParseMIMEType runs the Web Platform Tests' tables whole, those rows among them that no
// header can say.
func TestParseMIMEType(t *testing.T) {
	t.Parallel()
	shared := os.Getenv("SKERRY_SHARED")
	if shared == "" {
		t.Skip("SKIPPED: SKERRY_SHARED does not say where the shared test vectors are")
	}
	for _, file := range []string{"mime-types.json", "generated-mime-types.json"} {
		data, err := os.ReadFile(filepath.Join(shared, "vectors", "wpt", "mimesniff", "mime-types", file))
		if err != nil {
			t.Fatal(err)
		}
		var rows []json.RawMessage
		if err := json.Unmarshal(data, &rows); err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, raw := range rows {
			var row struct{ Input, Output, Encoding string }
			if raw[0] == '"' {
				continue // a comment
			}
			if err := json.Unmarshal(raw, &row); err != nil {
				t.Fatal(err)
			}
			n++
			m, ok := parseMIMEType(bytesOfText(row.Input))
			if got := m.String(); ok != (row.Output != "") || ok && got != bytesOfText(row.Output) {
				t.Errorf("%s: %q is %q, %v, want %q", file, row.Input, got, ok, row.Output)
			}
			charset, _ := m.parameter("charset")
			if e, _ := encodingLabelled(new(js.VM), charset); !strings.EqualFold(e.name, row.Encoding) {
				t.Errorf("%s: %q has the encoding %q, want %q", file, row.Input, e.name, row.Encoding)
			}
		}
		if !t.Failed() {
			jstest.HoldScore(t, "WPT "+strings.TrimSuffix(file, ".json"), jstest.Score{Rows: n})
		}
	}
}

// bytesOfText writes each character of s as a byte; one that is none as a byte that can stand
// nowhere either.
func bytesOfText(s string) string {
	var out []byte
	for _, r := range s {
		if r > 0xFF {
			r = 0x7F
		}
		out = append(out, byte(r))
	}
	return string(out)
}
