package webapi_test

import (
	_ "embed"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

//go:embed testdata/idl.js
var idlScript string

// idlSample says how scripts come by an instance of a class: by `new` with args, or, where
// the platform makes them, by an expression. skip says why its class can't be checked.
type idlSample struct{ args, make, skip string }

// idlSamples has an instance of each class. What is iterable has two entries at least.
var idlSamples = map[string]idlSample{
	"AbortController":       {},
	"AbortSignal":           {make: `new AbortController().signal`},
	"Blob":                  {args: `["a"], {type: "text/plain"}`},
	"Cache":                 {make: `caches.default`},
	"CacheStorage":          {make: `caches`},
	"Crypto":                {make: `crypto`},
	"CryptoKey":             {skip: "scripts can't make one at once; cryptokey_test.go has what its attributes give"},
	"CustomEvent":           {args: `"x", {detail: 1}`},
	"DOMException":          {args: `"m", "AbortError"`},
	"ErrorEvent":            {args: `"x"`},
	"Event":                 {args: `"x"`},
	"EventTarget":           {},
	"File":                  {args: `["a"], "a.txt"`},
	"FormData":              {make: `(() => { let f = new FormData(); f.append("a", "1"); f.append("a", "2"); return f })()`},
	"Headers":               {args: `{b: "2", a: "1"}`},
	"HTMLRewriter":          {},
	"MessageChannel":        {},
	"MessageEvent":          {args: `"x"`},
	"MessagePort":           {make: `new MessageChannel().port1`},
	"Navigator":             {make: `navigator`},
	"Performance":           {make: `performance`},
	"PromiseRejectionEvent": {args: `"x", {promise: Promise.resolve()}`},
	"Request":               {args: `"http://localhost/"`},
	"Response":              {args: `"x"`},
	"Scheduler":             {make: `scheduler`},
	"SubtleCrypto":          {make: `crypto.subtle`},
	"TextDecoder":           {},
	"TextEncoder":           {},
	"URL":                   {args: `"http://localhost/"`},
	"URLPattern":            {},
	"URLSearchParams":       {args: `"b=1&a=2"`},
}

// TestGlobalsAreAsWebIDLSays walks the table of all globals.
//
// Spec: https://webidl.spec.whatwg.org/#javascript-binding
func TestGlobalsAreAsWebIDLSays(t *testing.T) {
	t.Parallel()
	program, err := js.CompileFunction("idl.js", idlScript, []string{"about", "make", "args"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range webapi.All() {
		d := js.Describe(g)
		if d.Hidden || d.Kind == js.KindScope {
			continue
		}
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			sample, ok := idlSamples[d.Name]
			if !ok {
				sample, ok = streamSamples[d.Name]
			}
			if d.Kind == js.KindClass && !ok {
				t.Fatalf("idlSamples in idl_test.go has no %s: say how a script comes by one", d.Name)
			}
			if sample.skip != "" {
				t.Skip(sample.skip)
			}
			expression := sample.make
			if expression == "" && d.Constructible {
				expression = "new " + d.Name + "(" + sample.args + ")"
			}
			if got := checkIDL(t, program, d, "return "+expression, sample.args); got != "" {
				t.Errorf("%s\n%s", d.Name, got)
			}
		})
	}
}

// checkIDL runs the check of one global in a VM of its own.
func checkIDL(t *testing.T, program *js.Program, d js.Description, make, args string) string {
	t.Helper()
	about, err := json.Marshal(idlAbout(d))
	if err != nil {
		t.Fatal(err)
	}
	turns := js.NewTurns(js.TurnsConfig{})
	defer turns.Close()
	vm := newPlatform(t).NewVM(js.Config{Eval: true, Turns: turns})
	defer vm.Abandon()
	vm.Meter().Reset(js.Account{CPU: 10 * time.Second})
	var result js.Value
	if err := vm.Enter(t.Context(), func() {
		v, err := vm.Evaluate(program, js.JSON(about), make, args)
		if err != nil {
			t.Error(vm.Report(err))
			v = js.Undefined
		}
		result = v
	}); err != nil {
		t.Fatal(err)
	}
	var out string
	if err := vm.Run(t.Context(), func() bool {
		state, v := js.Peek(result)
		if state == js.Rejected {
			t.Error(vm.ReportValue(v))
		} else if state == js.Fulfilled {
			out = vm.String(v)
		}
		return state != js.Pending
	}, nil); err != nil {
		t.Error(err)
	}
	return out
}

// idlAbout is d as the script reads it.
func idlAbout(d js.Description) map[string]any {
	return map[string]any{
		"name": d.Name, "kind": d.Kind, "length": d.Length, "extends": d.Extends, "constructible": d.Constructible,
		"error": d.Error, "promise": d.Promise, "members": idlMembers(d.Members), "statics": idlMembers(d.Statics),
	}
}

func idlMembers(members []js.MemberDescription) []map[string]any {
	out := []map[string]any{}
	for _, m := range members {
		symbol := ""
		if m.Symbol != nil {
			symbol = strings.TrimSuffix(strings.TrimPrefix(m.Symbol.String(), "Symbol("), ")")
		}
		out = append(out, map[string]any{
			"name": m.Name, "symbol": symbol, "kind": m.Kind, "length": m.Length, "of": m.Of,
			"value": m.Value, "promise": m.Promise, "setter": m.Setter,
		})
	}
	return out
}
