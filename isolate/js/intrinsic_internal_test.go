package js

import (
	"testing"

	"github.com/dop251/goja"
)

// digest describes all that can be reached from some objects, and which is the same as which.
const digest = `(function (roots) {
  const known = [Object.prototype, Function.prototype], lines = [], queue = [];
  const id = (v) => {
    if (typeof v === "string") return JSON.stringify(v);
    if (v === null || typeof v !== "object" && typeof v !== "function") return String(v);
    if (!known.includes(v)) {
      known.push(v);
      queue.push(v);
    }
    return "#" + known.indexOf(v);
  };
  for (const r of roots) lines.push("root " + id(r));
  while (queue.length) {
    const o = queue.shift();
    lines.push(id(o) + " is a " + typeof o + Object.prototype.toString.call(o) + " of " + id(Object.getPrototypeOf(o)) + ", extensible " + Object.isExtensible(o) +
      (typeof o === "function" ? " " + o : ""));
    for (const k of Reflect.ownKeys(o)) {
      const d = Reflect.getOwnPropertyDescriptor(o, k);
      lines.push("  " + String(k) + " " + d.writable + d.enumerable + d.configurable + " " + ("value" in d ? id(d.value) : id(d.get) + id(d.set)));
    }
  }
  return lines.join("\n");
})`

// TestIntrinsicsAreGojas compares each with the one of a plain runtime of goja's.
func TestIntrinsicsAreGojas(t *testing.T) {
	t.Parallel()
	p, err := NewPlatform()
	if err != nil {
		t.Fatal(err)
	}
	for name := range p.seam.intrinsics {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vm, plain := p.NewVM(Config{}), goja.New()
			get := vm.Intrinsic
			if name == "TypedArray" {
				get = func(name string) *Object { return vm.Intrinsic("Uint8Array").Prototype() }
			}
			of, err := plain.RunString(digest)
			if err != nil {
				t.Fatal(err)
			}
			theirs, _ := plain.Get(name).(*goja.Object)
			if name == "TypedArray" {
				theirs = intrinsicTypedArray(plain)
			}
			describe, _ := goja.AssertFunction(of)
			want, err := describe(nil, plain.NewArray(theirs))
			if err != nil {
				t.Fatal(err)
			}
			program, err := CompileFunction("digest.js", "return ("+digest+")(of)", []string{"of"}, nil)
			if err != nil {
				t.Fatal(err)
			}
			err = vm.Enter(t.Context(), func() {
				got, err := vm.Evaluate(program, vm.NewArray(get(name)))
				if err != nil {
					t.Error(err)
				} else if got.String() != want.String() || len(got.String()) < 200 {
					t.Errorf("got\n%s\n\nwant\n%s", got, want)
				}
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}
