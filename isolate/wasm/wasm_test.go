package wasm

import (
	"sync"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
)

// platform has the namespace, and load(name), which gives the bytes of a test module, and
// make(name, imports), which gives the exports of an instance of it.
var platform = sync.OnceValues(func() (*js.Platform, error) {
	return js.NewPlatform(Namespace,
		js.Function{Name: "load", Length: 1, Call: func(c *js.Call) (any, error) {
			return js.Bytes(testModules[c.String(0)]()), nil
		}},
		js.Function{Name: "make", Length: 1, Call: func(c *js.Call) (any, error) {
			s, err := storeOf(c.VM)
			if err != nil {
				return nil, err
			}
			code, err := s.library.Compile(c.VM.Context(), testModules[c.String(0)]())
			if err != nil {
				return nil, ErrorOf(c.VM, c.String(0), err)
			}
			i, err := newInstance(c.VM, code, c.Arg(1), "make()")
			if err != nil {
				return nil, err
			}
			return i.exports, nil
		}},
	)
})

// testLibrary is what VMs of tests have in common.
var testLibrary = NewLibrary()

type testHost struct{ library *Library }

func (h testHost) WebAssembly() *Library { return h.library }

func newPlatform(t testing.TB) *js.Platform {
	t.Helper()
	p, err := platform()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// eval runs src, the body of an async function, and returns String of its result.
func eval(t testing.TB, library *Library, src string) string {
	t.Helper()
	turns := js.NewTurns(js.TurnsConfig{})
	defer turns.Close()
	vm := newPlatform(t).NewVM(js.Config{Host: testHost{library}, Turns: turns})
	defer vm.Abandon()
	vm.Meter().Reset(js.Account{CPU: 10 * time.Second, MemoryBytes: 64 << 20})
	return jstest.EvalIn(t, vm, prelude+src)
}

// prelude is what scripts of tests have at hand.
const prelude = `const name = f => { try { return f() } catch (e) { return (e instanceof Error ? e.name : "no error: ") + (e.constructor === WebAssembly[e.name] ? "!" : "") } };
const message = f => { try { return f() } catch (e) { return e.name + ": " + e.message } };
const big = BigInt; const env = o => ({env: o});
`

// row is a script and what it evaluates to.
type row struct{ name, src, want string }

// evalRows runs each row as a parallel test of its own.
func evalRows(t *testing.T, rows []row) {
	t.Parallel()
	for _, tc := range rows {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := eval(t, testLibrary, tc.src); got != tc.want {
				t.Errorf("eval(%s)\n got %q\nwant %q", tc.src, got, tc.want)
			}
		})
	}
}

// inInterpreter runs rows once more, with the interpreter that jails have.
func inInterpreter(t *testing.T, rows []row) {
	t.Helper()
	library := NewLibrary()
	library.open.Do(func() { library.err = library.startEngine(wazero.NewRuntimeConfigInterpreter()) })
	if library.err != nil {
		t.Fatal(library.err)
	}
	for _, tc := range rows {
		if got := eval(t, library, tc.src); got != tc.want {
			t.Errorf("interpreted: eval(%s)\n got %q\nwant %q", tc.src, got, tc.want)
		}
	}
}
