package main

import (
	"testing"

	"github.com/skerry-edge/skerry/gateway/admin"
)

func TestCountProcesses(t *testing.T) {
	t.Parallel()
	worker := func(state string) admin.Process { return admin.Process{Kind: "worker", State: state} }
	jail := func(state string) admin.Process { return admin.Process{Kind: "jail", State: state} }
	for _, tc := range []struct {
		name string
		all  []admin.Process
		want string
	}{
		{"none", nil, "0 workers, 0 jails"},
		{"one of each", []admin.Process{worker("serving"), jail("serving")}, "1 worker, 1 jail"},
		{"some that do not serve", []admin.Process{worker("starting"), worker("serving"), worker("condemned"), worker("starting"), jail("leaving")},
			"4 workers (1 condemned, 2 starting), 1 jail (1 leaving)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := countProcesses(tc.all); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
