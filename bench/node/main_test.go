package main

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestCases runs each case once, in an isolate and, if there is one, in Node: both must come
// to the same.
func TestCases(t *testing.T) {
	t.Parallel()
	here, err := openIsolate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer here.close()
	peer, err := startPeer(t.Context())
	switch {
	case errors.Is(err, exec.ErrNotFound):
		t.Log("SKIPPED: the cases are not compared with Node: there is no program named node")
	case err != nil:
		t.Fatal(err)
	default:
		defer peer.close()
	}
	for _, c := range here.cases {
		if c.missing {
			t.Logf("SKIPPED: %s: %v", c.name, errMissing)
			continue
		}
		ours, err := here.measure(c.name, 1)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if peer == nil {
			continue
		}
		theirs, err := peer.measure(c.name, 1)
		if errors.Is(err, errNone) {
			continue
		}
		if err != nil || ours.result != theirs.result {
			t.Errorf("%s: the isolate comes to %q, Node to %q, %v", c.name, ours.result, theirs.result, err)
		}
	}
}

func TestMedians(t *testing.T) {
	t.Parallel()
	rounds := []round{{n: 2, wall: 20, cpu: 2}, {n: 1, wall: 1000, cpu: 7}, {n: 4, wall: 4, cpu: 12}}
	if wall, cpu := medians(rounds); wall != 10 || cpu != 3 {
		t.Errorf("the medians are %v and %v, want 10 and 3", wall, cpu)
	}
	if wall, _ := medians(rounds[:2]); wall != 505 {
		t.Errorf("the median of two is %v, want 505", wall)
	}
}

func TestRow(t *testing.T) {
	t.Parallel()
	c := benchCase{name: "a|b", bound: 3, note: "slow"}
	ours, theirs := []round{{n: 1, wall: 4 * time.Microsecond, cpu: 1}}, []round{{n: 1, wall: time.Microsecond, cpu: 1}}
	for _, tc := range []struct{ got, want string }{
		{c.row(ours, theirs, nil), "| a\\|b | 4.00 µs | 1.00 µs | 4.00 | 1.00 | 3 | slow; **missed** |\n"},
		{c.row(theirs, ours, nil), "| a\\|b | 1.00 µs | 4.00 µs | 0.25 | 1.00 | 3 | slow |\n"},
		{c.row(ours, nil, nil), "| a\\|b | 4.00 µs | – | – | – | 3 | slow |\n"},
		{c.row(nil, nil, errNone), "| a\\|b | – | – | – | – | 3 | " + errNone.Error() + " |\n"},
	} {
		if tc.got != tc.want {
			t.Errorf("the row is\n%swant\n%s", tc.got, tc.want)
		}
	}
	if head := header("v20"); strings.Count(strings.SplitN(head, "\n", 2)[0], "|") != strings.Count(c.row(theirs, theirs, nil), "|")-1 {
		t.Errorf("the header has other columns than a row:\n%s", head)
	}
}
