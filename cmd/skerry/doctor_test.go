package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
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

func TestNodeFindings(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		status admin.Status
		want   []finding // after that of the node itself
	}{
		{"all is well", admin.Status{Ready: true}, []finding{{Check: "processes", OK: true, Detail: "0 workers, 0 jails"}}},
		{"a machine without some layers is OK", admin.Status{Ready: true, MissingLayers: []string{"no a", "no b"}}, []finding{
			{Check: "processes", OK: true, Detail: "0 workers, 0 jails"},
			{Check: "layers", OK: true, Warning: true, Detail: "no a"},
			{Check: "layers", OK: true, Warning: true, Detail: "no b"},
		}},
		{"each thing that degrades is one", admin.Status{Degraded: []string{"a is quarantined", "worker 1 does not start"}}, []finding{
			{Check: "processes", OK: true, Detail: "0 workers, 0 jails"},
			{Check: "ready", Detail: "the node takes no requests"},
			{Check: "health", Detail: "a is quarantined"},
			{Check: "health", Detail: "worker 1 does not start"},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			node := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_ = json.NewEncoder(w).Encode(tc.status) // what is wrong shows in the findings
			}))
			defer node.Close()
			r := &remote{t: newTerminal(os.Stdin, os.Stdout, os.Stderr, os.LookupEnv), node: node.URL, token: "t"}
			found := r.nodeFindings(t.Context())
			if len(found) == 0 || found[0].Check != "node" || !found[0].OK || !slices.Equal(found[1:], tc.want) {
				t.Errorf("got %+v\nwant the node and %+v", found, tc.want)
			}
		})
	}
}
