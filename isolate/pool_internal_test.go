package isolate

import (
	"context"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/bundles"
)

// A pool gives back isolates that nobody has needed, little by little while events come, and
// all but those it always keeps when none do.
func TestPoolGivesBackWhatNobodyNeeds(t *testing.T) {
	t.Parallel()
	e, err := New(Config{Load: func(context.Context, bundles.Digest) (*bundles.Bundle, error) { return nil, nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	now := time.Now()
	pool := func(target, idle, spare int) *Pool {
		p := &Pool{engine: e}
		p.used.Store(now.UnixNano())
		p.mu.target, p.mu.idle, p.mu.spare = target, make([]*Isolate, idle), spare
		return p
	}
	for _, tc := range []struct {
		name                string
		target, idle, spare int
		later               time.Duration
		want                []int // targets, trim after trim, with no event in between
	}{
		{"all are needed now and then", 16, 16, 0, 0, []int{16, 8, 4, 2, 1, 1}},
		{"half have always waited", 16, 12, 8, 0, []int{12, 6, 3, 1}},
		{"no event for long", 64, 64, 0, time.Hour, []int{1, 1}},
		{"one that has not started", 0, 0, 0, time.Hour, []int{0}},
	} {
		p := pool(tc.target, tc.idle, tc.spare)
		for i, want := range tc.want {
			p.trim(now.Add(tc.later))
			if p.mu.target != want || len(p.mu.idle) > want {
				t.Errorf("%s: after trim %d a target of %d and %d idle, want %d", tc.name, i+1, p.mu.target, len(p.mu.idle), want)
			}
		}
	}
}
