package subtle_test

import (
	"testing"

	"github.com/skerry-edge/skerry/isolate/js/jstest"
	"github.com/skerry-edge/skerry/isolate/webapi/subtle/subtletest"
)

// TestWycheproof runs every row of every table of an algorithm that there is.
func TestWycheproof(t *testing.T) {
	t.Parallel()
	for _, table := range subtletest.Tables() {
		t.Run(table.File, func(t *testing.T) {
			t.Parallel()
			cases := table.Cases(t)
			failed := 0
			for i := range cases {
				c := &cases[i]
				if raceEnabled && i%16 != 0 && c.Reason() == "" {
					continue // it takes ten times as long
				}
				ok, err := c.Holds(t.Context())
				switch right := c.Result == "acceptable" || ok == (c.Result == "valid"); {
				case !right && c.Reason() == "":
					t.Errorf("%s: it is %s, and succeeds: %v (%v)", c.Name, c.Result, ok, err)
				case right && c.Reason() != "":
					t.Errorf("%s: passes: take it out of subtletest.Expected", c.Name)
				case !right:
					failed++
				}
			}
			if len(cases) == 0 {
				t.Error("the table is empty")
			}
			if !raceEnabled && !t.Failed() {
				jstest.HoldScore(t, "Wycheproof "+table.File, jstest.Score{Rows: len(cases), Failed: failed})
			}
		})
	}
}
