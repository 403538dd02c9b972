package js

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestOrder holds the order that objects with many properties are given against what the
// specification says: integers in ascending order, then the others as they were made.
func TestOrder(t *testing.T) {
	t.Parallel()
	p, err := NewPlatform()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for i := range 3000 {
		want = append(want, fmt.Sprint(i))
	}
	want = append(want, "4294967294", "x", "01", "4294967295", "-1", "1.5", "\u00b2", "y", "z")
	const make = `const o = {x: 1, "01": 1}; o[4294967295] = 1; o[-1] = 1; o[1.5] = 1; o["\u00b2"] = 1; o.y = 1; o[4294967294] = 1;
		for (let i = 2999; i >= 0; i--) o[i] = 1; o.z = 1;`
	for _, tc := range []struct{ name, src string }{
		{"Object.keys", make + `return Object.keys(o)`},
		{"Object.entries", make + `return Object.entries(o).map(e => e[0])`},
		{"Object.assign", make + `return Object.keys(Object.assign({}, o))`},
		{"Reflect.ownKeys", make + `return Reflect.ownKeys(o)`},
		{"JSON", make + `const keys = []; JSON.stringify(o, (k, v) => (keys.push(k), v)); return keys.slice(1)`},
		{"for-in", make + `const keys = []; for (const k in o) keys.push(k); return keys`},
		{"spread", make + `return Object.keys({...o})`},
		{"rest", make + `const {...r} = o; return Object.keys(r)`},
		{"a function", make + `const f = () => 1; Object.assign(f, o); for (let i = 3000; i < 9000; i++) { f["q" + i] = 1; delete f["q" + i] } return Object.keys(f)`},
		{"made in two goes", make + `const all = Object.keys(o); const p = {}; for (const k of all.slice(1500)) p[k] = 1; Object.keys(p); for (const k of all.slice(0, 1500)) p[k] = 1; return Object.keys(p)`},
		{"while it is listed", make + `const keys = []; for (const k in o) { if (k === "0") { for (let i = 9000; i > 5000; i--) { o[i] = 1; delete o[i] } Object.keys(o) } keys.push(k) } return keys`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			program, err := CompileFunction("test.js", tc.src, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			vm := p.NewVM(Config{})
			var got []string
			if err := vm.Enter(t.Context(), func() {
				v, err := vm.Evaluate(program)
				if err != nil {
					t.Error(err)
					return
				}
				vm.ForOf(v, func(e Value) bool {
					got = append(got, vm.String(e))
					return true
				})
			}); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d names: %s", len(got), strings.Join(got[max(0, len(got)-12):], " "))
			}
		})
	}
}
