package jail

import (
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/isolate"
)

// TestResponsesThatNoClientTakes holds that an honest jail is at no fault for what its function
// does.
func TestResponsesThatNoClientTakes(t *testing.T) {
	t.Parallel()
	many := make([]isolate.Field, 60_000)
	for i := range many {
		many[i] = isolate.Field{Name: "a", Value: "b"}
	}
	for _, tc := range []struct {
		name     string
		response isolate.Response
		outcome  isolate.Outcome
	}{
		{"a body as large as it may be", isolate.Response{Status: 200, Body: make([]byte, 1<<20)}, isolate.OutcomeOK},
		{"a body that is larger", isolate.Response{Status: 200, Body: make([]byte, 1<<20+1)}, isolate.OutcomeExceededMemory},
		{"a long field", isolate.Response{Status: 200, Header: []isolate.Field{{Name: "a", Value: strings.Repeat("b", headBytesMax)}}}, isolate.OutcomeException},
		{"many fields", isolate.Response{Status: 200, Header: many}, isolate.OutcomeException},
		{"not as many fields", isolate.Response{Status: 200, Header: many[:20_000], Body: make([]byte, 1<<20)}, isolate.OutcomeOK},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := tooLarge(&tc.response, 1<<20)
			if f == nil {
				f = &isolate.Failure{Outcome: isolate.OutcomeOK}
				size := len(appendAnswer(nil, answer{response: &tc.response, result: &result{}})) + len(tc.response.Body)
				if most := 1<<20 + headBytesMax; size > most {
					t.Errorf("%d bytes pass, and a client takes %d", size, most)
				}
			}
			if f.Outcome != tc.outcome {
				t.Errorf("got %v", f)
			}
		})
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		in   string
		most int
		want string
	}{
		{"hello", 5, "hello"},
		{"hello world", 8, "hello…"},
		{"ééééé", 8, "éé…"},
		{strings.Repeat("\x80", 20), 10, strings.Repeat("\x80", 3) + "…"},
	} {
		got := cut(tc.in, tc.most)
		if len(got) > tc.most || got != tc.want {
			t.Errorf("cut(%q, %d) is %q", tc.in, tc.most, got)
		}
	}
}
