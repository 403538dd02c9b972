package js_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
)

// describeAll is JavaScript for describe(v): all that v leads to, and which is the same as which.
const describeAll = `
	const describe = (root) => {
		const known = new Map([[Object.prototype, "%O"], [Function.prototype, "%F"], [Array.prototype, "%A"]]), queue = [], lines = [];
		const id = (v) => {
			if (typeof v === "string") return JSON.stringify(v);
			if (typeof v === "bigint") return v + "n";
			if (typeof v === "symbol") return String(v);
			if (v === null || typeof v !== "object" && typeof v !== "function") return Object.is(v, -0) ? "-0" : String(v);
			if (!known.has(v)) { known.set(v, "#" + known.size); queue.push(v); }
			return known.get(v);
		};
		id(root);
		for (let n = 0; n < queue.length && n < 400; n++) {
			const o = queue[n];
			let line = id(o) + " " + typeof o + " " + id(Object.getPrototypeOf(o)) + Object.isExtensible(o);
			if (typeof o === "function") {
				const text = Function.prototype.toString.call(o);
				line += text;
				if (text.includes("[native code]") && !o.name.startsWith("bound ")) { lines.push(line); continue; } // the language's: see NewImage
			}
			if (o instanceof Map) for (const [k, v] of o) line += " " + id(k) + "=>" + id(v);
			if (o instanceof Set) for (const v of o) line += " <" + id(v);
			if (o instanceof Date) line += " " + +o;
			for (const k of Reflect.ownKeys(o)) {
				const d = Reflect.getOwnPropertyDescriptor(o, k);
				line += "\n  " + String(k) + " " + d.writable + d.enumerable + d.configurable + ("value" in d ? id(d.value) : id(d.get) + id(d.set));
			}
			lines.push(line);
		}
		return lines.join("\n");
	};`

// topLevel makes up the top level of a module, that returns a function: each call of it describes
// all that there is, changes some of it, and describes it again.
type topLevel struct {
	*rand.Rand
	out   strings.Builder
	names []string // of what holds an object
	count int
}

func (g *topLevel) one(of ...string) string { return of[g.IntN(len(of))] }

// any is an expression.
func (g *topLevel) any(depth int) string {
	if depth > 0 && g.IntN(3) == 0 {
		switch g.IntN(3) {
		case 0:
			return fmt.Sprintf("{%s: %s, [%s]: %s}", g.one("a", "b", "7", `"x y"`), g.any(depth-1), g.one(`"c"`, "3", `Symbol.for("k")`, "Symbol.iterator"), g.any(depth-1))
		case 1:
			return fmt.Sprintf("[%s, %s, %s]", g.any(depth-1), g.any(depth-1), g.one("", "1"))
		default:
			return fmt.Sprintf("((p) => () => [p, %s])(%s)", g.any(depth-1), g.any(depth-1))
		}
	}
	if len(g.names) > 0 && g.IntN(2) == 0 {
		return g.names[g.IntN(len(g.names))]
	}
	return g.one("1", "-0", "0.5", "NaN", `"é"`, `"text"`, `"ab".repeat(3)`, "null", "undefined", "true", "10n ** 25n", "{}", "[]", "Math.max", "Array.prototype.map", "TypeError", "Map",
		"Object.create(null)", "new Date(5)", "Object(4)", "/a(b)?/g", "/(?<=x)a/y", "async () => 1", "function* () { yield 1 }", "function named(a, b) { return a }", `Symbol("own")`, "class {}")
}

func (g *topLevel) declare() {
	name := fmt.Sprintf("v%d", g.count)
	g.count++
	of := func() string { return g.names[g.IntN(len(g.names))] }
	var text string
	switch g.IntN(16) {
	case 0, 1:
		text = fmt.Sprintf("const %s = {a: %s, get g() { return this.a }, set g(v) { this.a = v }, m(x) { return super.toString === x }, b: %s};", name, g.any(2), g.any(1))
	case 2:
		text = fmt.Sprintf("const %s = [%s, , %s];", name, g.any(2), g.any(2))
	case 3:
		text = fmt.Sprintf("class C%s { #p = %s; static #q = [%s]; static s = %s; f = %s; get p() { return this.#p } set p(v) { this.#p = v } #m() { return this.#p } m() { return [this.#m(), C%s.#q] } } const %s = new C%s();",
			name, g.any(1), g.any(1), g.any(1), g.any(1), name, name, name)
	case 4:
		text = fmt.Sprintf("const %s = new Map([[%s, %s], [%s, %s]]);", name, g.any(1), g.any(1), g.any(1), g.any(1))
	case 5:
		text = fmt.Sprintf("const %s = new Set([%s, %s]);", name, g.any(1), g.any(1))
	case 6:
		text = fmt.Sprintf("let n%s = %s; const %s = (x) => { const was = n%s; n%s = x; return was };", name, g.any(1), name, name, name)
	case 7:
		text = fmt.Sprintf("function %s(a, b = %s, ...c) { return [a, b, c] } %s.extra = %s;", name, g.any(1), name, g.any(1))
	case 8:
		text = fmt.Sprintf("const %s = Object.%s({a: %s});", name, g.one("freeze", "seal", "preventExtensions"), g.any(2))
	case 9:
		text = fmt.Sprintf("const %s = (function (a) { return this }).bind({t: %s}, %s);", name, g.any(1), g.any(1))
	case 10:
		text = fmt.Sprintf("const %s = Object.create({inherited: %s}, {hidden: {value: %s}});", name, g.any(1), g.any(1))
	case 11:
		text = fmt.Sprintf("class %s extends %s { constructor(...a) { super(...a); this.mine = %s } }", name, g.one("Error", "Map", "Array", "Object"), g.any(1))
	default:
		if len(g.names) == 0 {
			return
		}
		text = g.one(
			fmt.Sprintf("try { %s.link = %s } catch {}", of(), g.any(1)),
			fmt.Sprintf("try { delete %s.a } catch {}", of()),
			fmt.Sprintf("try { %s.link.deeper = %s } catch {}", of(), of()),
			fmt.Sprintf("try { Object.defineProperty(%s, \"d\", {get() { return %s }, configurable: true}) } catch {}", of(), of()),
			fmt.Sprintf("try { Object.setPrototypeOf(%s, %s) } catch {}", of(), of()),
			fmt.Sprintf("try { %s[Symbol.for(\"k\")] = %s } catch {}", of(), of()),
			fmt.Sprintf("try { %s.push(%s) } catch {}", of(), g.any(1)),
			fmt.Sprintf("try { for (const k in %s) { } Object.keys(%s) } catch {}", of(), of()))
		g.out.WriteString("\t" + text + "\n")
		return
	}
	g.names = append(g.names, name)
	g.out.WriteString("\t" + text + "\n")
}

// change is a statement that changes something.
func (g *topLevel) change() string {
	of := g.names[g.IntN(len(g.names))]
	return "try { " + g.one(of+".a = "+g.any(1), of+".added"+g.one("1", "2")+" = calls", "delete "+of+".a", of+".p = calls", of+".g = calls", of+".push(calls)", of+".set(calls, {})", of+".add({calls})",
		of+"(calls)", of+".link.deeper = calls", of+".a.x = calls", "Object.freeze("+of+")", of+".extra = calls", of+".m()", "new "+of+"(calls)", of+".length = 0", "Object.assign("+of+", {z: {calls}})",
		of+".a[0].b = calls", of+".setTime(calls)", of+".a.exec(\"ab\")") + " } catch {}"
}

func (g *topLevel) script() string {
	for range 6 + g.IntN(14) {
		g.declare()
	}
	if len(g.names) == 0 {
		g.declare()
	}
	g.out.WriteString(describeAll + "\n\tlet calls = 0;\n\tconst all = [" + strings.Join(g.names, ", ") + "];\n\treturn () => {\n\t\tcalls++;\n\t\tconst before = describe(all);\n")
	for range 1 + g.IntN(8) {
		g.out.WriteString("\t\t" + g.change() + "\n")
	}
	g.out.WriteString("\t\treturn before + \"\\n----\\n\" + describe(all);\n\t};")
	return g.out.String()
}

// TestImagesOfMadeUpTopLevels compares VMs made from an image with one that evaluated the same
// script, before and after the scripts have changed what there is.
func TestImagesOfMadeUpTopLevels(t *testing.T) {
	t.Parallel()
	p, err := js.NewPlatform()
	if err != nil {
		t.Fatal(err)
	}
	const scripts = 400 / js.SampleEvery
	taken := 0
	for seed := range uint64(scripts) {
		g := &topLevel{Rand: rand.New(rand.NewPCG(seed, 1))}
		script := g.script()
		origin, f := evaluated(t, p, script)
		image, err := js.NewImage(origin, js.Taken{Roots: []*js.Object{f}, Fresh: p.NewVM(js.Config{})})
		var not *js.NotCopyable
		if errors.As(err, &not) {
			t.Logf("%d: %v", seed, err)
			continue
		}
		if err != nil {
			t.Fatalf("%d: %v\n%s", seed, err, script)
		}
		taken++
		plain, plainF := evaluated(t, p, script)
		var want []string
		for range 3 {
			want = append(want, called(t, plain, func() *js.Object { return plainF }))
		}
		for n := range 2 {
			vm := p.NewVM(js.Config{})
			var copied *js.Object
			for call, want := range want {
				got := called(t, vm, func() *js.Object {
					if copied == nil {
						copied = vm.Copy(image, nil)[0]
					}
					return copied
				})
				if got != want {
					t.Fatalf("script %d, copy %d, call %d: %s\n%s", seed, n, call, firstDifference(got, want), script)
				}
			}
		}
	}
	if taken < scripts/2 {
		t.Errorf("of %d scripts only %d have images", scripts, taken)
	}
}

// firstDifference is the first line in which two texts differ.
func firstDifference(got, want string) string {
	theirs := strings.Split(want, "\n")
	for i, line := range strings.Split(got, "\n") {
		if i >= len(theirs) || theirs[i] != line {
			return fmt.Sprintf("line %d is %q, want %q", i, line, strings.Join(theirs[min(i, len(theirs)):min(i+1, len(theirs))], ""))
		}
	}
	return "the text ends too early"
}
