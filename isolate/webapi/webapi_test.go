package webapi_test

import (
	"sync"
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

// platform is what the tests of this package make their VMs with.
var platform = sync.OnceValues(func() (*js.Platform, error) { return js.NewPlatform(webapi.All()...) })

func newPlatform(t testing.TB) *js.Platform {
	t.Helper()
	p, err := platform()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// eval runs src, the body of an async function, in a VM without a host and returns String
// of its result; see [jstest.Eval].
func eval(t testing.TB, src string) string {
	t.Helper()
	return jstest.Eval(t, newPlatform(t), nil, src)
}

// row is a script and what it evaluates to.
type row struct{ name, src, want string }

// evalRows runs each row as a parallel test of its own.
func evalRows(t *testing.T, rows []row) {
	t.Parallel()
	for _, tc := range rows {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := eval(t, tc.src); got != tc.want {
				t.Errorf("eval(%s)\n got %q\nwant %q", tc.src, got, tc.want)
			}
		})
	}
}

// evalIn is eval in a VM that the caller made.
func evalIn(t testing.TB, vm *js.VM, src string) string {
	t.Helper()
	return jstest.EvalIn(t, vm, src)
}
