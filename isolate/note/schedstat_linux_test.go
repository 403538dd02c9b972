package note

import "testing"

func FuzzParseSchedstat(f *testing.F) {
	f.Add("431293 3369586 2\n")
	f.Add("")
	f.Add("-1 2 3")
	f.Add("99999999999999999999")
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := parseSchedstat(text); d < 0 || (err != nil && d != 0) {
			t.Errorf("parseSchedstat(%q) = %v, %v", text, d, err)
		}
	})
}
