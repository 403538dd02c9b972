package jstest

import (
	_ "embed"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
)

//go:embed idl.js
var idlScript string

// Sample says how scripts come by an instance of a class: by `new` with Args, or, where the
// platform makes them, by the expression Make, which may await. Abstract says that there are
// none but those of derived classes, of which Make gives one. Skip says why a class can't be
// checked.
type Sample struct {
	Args, Make, Skip string
	Abstract         bool
}

// HoldIDL holds globals against Web IDL, each in a subtest with a VM of its own, and the
// classes of a namespace by their path: "WebAssembly.Memory". samples has each class. What is
// iterable has two entries at least.
//
// Spec: https://webidl.spec.whatwg.org/#javascript-binding
func HoldIDL(t *testing.T, p *js.Platform, host any, globals []js.Global, samples map[string]Sample) {
	t.Helper()
	program, err := js.CompileFunction("idl.js", idlScript, []string{"about", "path", "make", "args"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range globals {
		holdIDL(t, program, p, host, js.Describe(g), nil, samples)
	}
}

func holdIDL(t *testing.T, program *js.Program, p *js.Platform, host any, d js.Description, path []string, samples map[string]Sample) {
	t.Helper()
	if d.Hidden || d.Kind == js.KindScope {
		return
	}
	inner := append(path[:len(path):len(path)], d.Name)
	name := strings.Join(inner, ".")
	for _, g := range d.Globals {
		holdIDL(t, program, p, host, g, inner, samples)
	}
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		sample, ok := samples[name]
		if d.Kind == js.KindClass && !ok {
			t.Fatalf("there is no sample of a %s: say how a script comes by one", name)
		}
		if sample.Skip != "" {
			t.Skip(sample.Skip)
		}
		expression := sample.Make
		if expression == "" && d.Constructible {
			expression = "new " + name + "(" + sample.Args + ")"
		}
		if got := checkIDL(t, program, p.NewVM(js.Config{Host: host, Eval: true}), d, path, "return "+expression, sample); got != "" {
			t.Errorf("%s\n%s", name, got)
		}
	})
}

// checkIDL runs the check of one global and returns what is wrong.
func checkIDL(t *testing.T, program *js.Program, vm *js.VM, d js.Description, path []string, make string, sample Sample) string {
	t.Helper()
	facts := idlAbout(d)
	facts["abstract"] = sample.Abstract
	about, err := json.Marshal(facts)
	if err != nil {
		t.Fatal(err)
	}
	defer vm.Abandon()
	vm.Meter().Reset(js.Account{CPU: 10 * time.Second})
	var result js.Value
	if err := vm.Enter(t.Context(), func() {
		result, err = vm.Evaluate(program, js.JSON(about), append([]string{}, path...), make, sample.Args)
	}); err != nil {
		t.Fatal(err)
	}
	if err != nil {
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
