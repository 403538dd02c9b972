package webapi_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
)

const (
	hostileCPU    = 20 * time.Millisecond
	hostileMemory = 64 << 20

	// hostileGrace is the CPU time after which a script is called one that the interrupt
	// does not reach, hostileHang is when one hangs, on however busy a machine.
	hostileGrace = time.Second
	hostileHang  = 60 * time.Second
)

// TestHostile gives this package's Go code more work than an event may ask for. Each script
// must end with its turn: with an exception, a value, or at the interrupt.
func TestHostile(t *testing.T) { runAttacks(t, hostile) }

// attack is a script that asks for more than it may have.
type attack struct{ name, src string }

func runAttacks(t *testing.T, attacks []attack) {
	for _, tc := range attacks {
		t.Run(tc.name, func(t *testing.T) {
			var late atomic.Bool
			turns := js.NewTurns(js.TurnsConfig{Grace: hostileGrace, Overrun: func(js.Overrun) { late.Store(true) }})
			hang := time.AfterFunc(hostileHang, func() { panic(tc.name + " hangs") })
			outcome, used := runHostile(t, turns, tc.src)
			hang.Stop()
			turns.Close()
			if late.Load() {
				t.Errorf("no interrupt reached it: %s after %v of CPU", outcome, used)
			}
			if strings.HasPrefix(outcome, "BROKEN") {
				t.Error(outcome)
			}
			t.Logf("%.300s; %v of CPU", outcome, used.Round(time.Millisecond))
		})
	}
}

// large is what is made before a script's time is counted, wherever it stands: it is
// what the script has to work with.
var large = regexp.MustCompile(`("[^"]*"|'[^']*')\.repeat\([0-9.]+e[5-9]\)|new (Uint8|Float64|)Array\([0-9.]+e[5-9]\)(\.fill\(([0-9a-fx]+|\{\})\))?`)

// prepared parts a script into what prepares it, which all that is before an endless loop or
// the mark /**/ does, and the rest.
func prepared(src string) (setup, run string) {
	if before, after, ok := strings.Cut(src, "/**/"); ok {
		setup, run = before, after
	} else if i := strings.Index(src, "for (;;)"); i >= 0 && !strings.Contains(src[:i], "=> {") {
		setup, run = src[:i], src[i:]
	} else {
		run = src
	}
	run = large.ReplaceAllStringFunc(run, func(made string) string {
		name := fmt.Sprintf("large%d", strings.Count(setup, "const large"))
		setup += "; const " + name + " = " + made
		return name
	})
	return setup, run
}

// runHostile runs src as the body of an async function and says how it ended.
func runHostile(t *testing.T, turns *js.Turns, src string) (outcome string, used time.Duration) {
	t.Helper()
	setup, run := prepared(src)
	program, err := js.CompileFunction("hostile.js", setup+"\nreturn async () => {"+run+"\n}", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	vm := newPlatform(t).NewVM(js.Config{Host: new(nothing), Turns: turns})
	defer vm.Abandon()
	var f, result js.Value
	var thrown error
	if err := vm.Enter(t.Context(), func() { f, thrown = vm.Evaluate(program) }); err != nil || thrown != nil {
		t.Fatal(err, thrown)
	}
	vm.Meter().Reset(js.Account{CPU: hostileCPU, MemoryBytes: hostileMemory})
	err = vm.Enter(t.Context(), func() { result, thrown = vm.Call(f, js.Undefined) })
	if err == nil && thrown == nil {
		err = vm.Run(t.Context(), func() bool {
			state, v := js.Peek(result)
			switch state {
			case js.Fulfilled:
				outcome = "value"
			case js.Rejected:
				outcome = "throws " + vm.ReportValue(v).Message
			}
			return state != js.Pending
		}, nil)
	}
	used = vm.Meter().Used()
	var broken *js.PanicError
	switch {
	case errors.As(err, &broken):
		return fmt.Sprintf("BROKEN %v\n%.3000s", broken, broken.Stack), used
	case errors.Is(err, js.ErrCPU), errors.Is(err, js.ErrMemory), errors.Is(err, js.ErrNeverSettles):
		return err.Error(), used
	case err != nil:
		return "BROKEN " + err.Error(), used
	case thrown != nil:
		return "throws " + thrown.Error(), used
	}
	return outcome, used
}

// hostile are the scripts.
var hostile = []attack{
	{"params of many pairs", `new URLSearchParams("a=b&".repeat(1e6)).size`},
	{"params of separators", `new URLSearchParams("&".repeat(3e6)).size`},
	{"params of percent signs", `new URLSearchParams("%".repeat(2e6)).toString()`},
	{"params of spaces", `new URLSearchParams("+".repeat(2e6)).toString()`},
	{"params of bytes that are no text", `new URLSearchParams("%ff".repeat(1e6)).toString()`},
	{"params of a long record", `const o = {}; for (let i = 0; i < 1e5; i++) o["k" + i] = i; /**/ new URLSearchParams(o)`},
	{"params of an endless iterable", `const next = Object.bind(null, {done: false, value: ["k", "v"]}); new URLSearchParams({[Symbol.iterator]: Object.bind(null, {next})})`},
	{"params that look alike", `const p = new URLSearchParams(), a = "x".repeat(3e6); for (let i = 0; i < 1000; i++) p.append(a, "1"); const b = "x".repeat(3e6 - 1) + "y"; /**/ p.has(b); p.delete(b); p.getAll(b); p.sort()`},
	{"params got all", `const p = new URLSearchParams("a&".repeat(1e5)); for (;;) p.getAll("a")`},
	{"params sorted", `const p = new URLSearchParams("a&b&c&\ue000&".repeat(5e4)); for (;;) p.sort()`},
	{"params in a loop", `const p = new URLSearchParams("a=b&".repeat(5e5)); /**/ for (const [k, v] of p) p.append(k, v)`},
	{"params natively for each", `const p = new URLSearchParams("a&".repeat(2e5)); /**/ p.forEach(Boolean)`},
	{"params of a URL", `const u = new URL("http://h/"); for (;;) u.searchParams.append("a".repeat(1e5), "é".repeat(1e5))`},
	{"a long URL", `new URL("http://h/" + "a/../".repeat(1e6))`},
	{"a URL of spaces", `new URL(" ".repeat(6e6) + "http://h/")`},
	{"a URL of newlines", `new URL("http://h/" + "\n".repeat(6e6))`},
	{"a URL of a long host", `for (;;) new URL("http://" + "1.".repeat(1e6))`},
	{"a URL of a long host of percent signs", `for (;;) new URL("http://" + "%41".repeat(6e5))`},
	{"a URL of a long host that is not ASCII", `for (;;) try { new URL("http://" + "ü.".repeat(5e5)) } catch {}`},
	{"a URL of a long name", `for (;;) new URL("http://" + "@:".repeat(1e6) + "@h/")`},
	{"URL setters", `const u = new URL("http://x/"); for (;;) { u.pathname += "a".repeat(1e5); u.search += "b".repeat(1e5); u.hash = u.href }`},
	{"URL setters of long texts", `const u = new URL("http://x/"), s = "ä".repeat(2e6); for (;;) { u.pathname = s; u.search = s; u.hash = s; u.username = s; u.password = s; u.host = s; u.port = s; u.protocol = s }`},
	{"URL setters of long arrays", `const u = new URL("http://x/"), a = []; a.length = 1e8; for (;;) { u.pathname = a; u.href = a }`},
	{"a URL against itself", `let u = new URL("http://x/"); for (;;) u = new URL("a/".repeat(1e5) + "é", u)`},
	{"a pattern of many optional texts", `for (let i = 0; ; i++) new URLPattern({pathname: i + "{ab}?".repeat(3000)})`},
	{"a pattern of many groups", `for (let i = 0; ; i++) new URLPattern({pathname: i + "/(a|b)+".repeat(2000)})`},
	{"a pattern of open parentheses", `for (;;) try { new URLPattern("(?:".repeat(5000)) } catch {}`},
	{"a pattern of protocols", `for (;;) try { new URLPattern("a*?:".repeat(4000)) } catch {}`},
	{"a pattern of classes", `for (let i = 0; ; i++) try { new URLPattern({pathname: i + "(" + "[\\p{L}--a]".repeat(1000) + ")"}) } catch {}`},
	{"a pattern of repetitions", `for (let i = 0; ; i++) try { new URLPattern({pathname: i + "((?:(?:a{99}){99}){99})+"}) } catch {}`},
	{"a pattern that backtracks", `const p = new URLPattern({pathname: "/(a(?=a)(?:a|aa)+[bc])"}); p.test({pathname: "/" + "a".repeat(1e5)})`},
	{"a pattern of wildcards", `const p = new URLPattern({pathname: "*a*b*a*b*a*c"}); for (;;) p.exec({pathname: "ab".repeat(5e5)})`},
	{"a pattern that ignores case", `const p = new URLPattern({pathname: "/*x"}, {ignoreCase: true}); for (;;) p.test("https://h/" + "ab".repeat(5e5))`},
	{"a pattern of long texts", `const s = "ä".repeat(1e6); for (;;) new URLPattern().exec({protocol: "x", pathname: s, search: s, hash: s, username: s, password: s, baseURL: "https://h/" + s})`},
	{"a pattern with a long base", `for (;;) try { new URLPattern("*", "https://h/" + "*".repeat(1e6)) } catch {}`},
	{"a long data: URL", `/**/ await fetch("data:text/plain;base64," + "AAAA".repeat(4e6)); for (;;) await fetch("data:," + "%41".repeat(4e6))`},
	{"a data: URL of a long type", `for (;;) await fetch("data:a/b" + ";a=b".repeat(2e6) + ",")`},

	{"encode a long text", `for (;;) new TextEncoder().encode("é".repeat(1.5e6))`},
	{"encode into", `const b = new Uint8Array(3e6), s = "é".repeat(1.5e6); for (;;) new TextEncoder().encodeInto(s, b)`},
	{"decode", `const b = new Uint8Array(3e6); for (;;) new TextDecoder().decode(b).length`},
	{"decode what is no text", `const b = new Uint8Array(3e6).fill(255); for (;;) try { new TextDecoder().decode(b).length } catch {}`},
	{"decode a legacy encoding", `const b = new Uint8Array(2e6).fill(0x81); for (const l of ["shift_jis", "gb18030", "windows-1252", "utf-16le", "iso-2022-jp", "big5", "euc-kr"]) for (let i = 0; i < 9; i++) try { new TextDecoder(l).decode(b) } catch {}`},
	{"a label of spaces", `new TextDecoder(" ".repeat(5e6) + "utf-8")`},
	{"a label of letters", `for (;;) try { new TextDecoder("a".repeat(6e6)) } catch {}`},
	{"btoa", `for (;;) btoa("é".repeat(1.5e6))`},
	{"atob", `for (;;) atob("A".repeat(6e6)).length`},
	{"atob of spaces", `for (;;) atob("A ".repeat(3e6)).length`},
	{"atob of bytes", `const s = "////".repeat(7e6); for (;;) atob(s).length`},

	{"clone a long array", `const a = new Array(6e5).fill(1); for (;;) structuredClone(a)`},
	{"clone a deep list", `let l; for (let i = 0; i < 5e3; i++) l = {l}; for (;;) structuredClone(l)`},
	{"clone a wide tree", `let t = {}; for (let i = 0; i < 100; i++) t = {a: t, b: t, get c() { return {t} }}; /**/ structuredClone(t)`},
	{"clone endlessly", `const o = {get a() { return o.b() }, b() { return {get a() { return o.b() }} }}; structuredClone(o)`},
	{"clone in getters", `let l = {get g() { return structuredClone(l) }}; for (let i = 0; i < 4000; i++) l = {l}; /**/ structuredClone(l)`},
	{"clone a large buffer", `const b = new ArrayBuffer(6e6); for (;;) structuredClone(b)`},
	{"clone a large buffer often", `const b = new ArrayBuffer(6e6); const a = []; for (;;) a.push(structuredClone(b))`},
	{"clone a typed array", `const b = new Float64Array(7e6); for (;;) structuredClone([b, b])`},
	{"clone a large map", `const m = new Map(); for (let i = 0; i < 1e4; i++) m.set(i, {}); for (;;) structuredClone(m)`},
	{"clone a large set", `const m = new Set(new Array(5e4).fill(0).map((_, i) => i)); for (;;) structuredClone(m)`},
	{"clone a sparse array", `const a = new Array(3e5).fill(1); delete a[7]; for (;;) structuredClone(a)`},
	{"clone an array of holes", `const a = []; a.length = 4e9; a[3e9] = 1; for (;;) structuredClone(a)`},
	{"clone a proxy", `structuredClone([new Proxy({}, {ownKeys() { return structuredClone(1) }})])`},
	{"clone an error", `const e = new Error("x".repeat(3e6)); e.name = "y".repeat(2e6); for (;;) structuredClone(e)`},
	{"clone a string object", `const s = new String("ä".repeat(2e6)); for (;;) structuredClone(s)`},
	{"transfer endlessly", `structuredClone(1, {transfer: {[Symbol.iterator]: () => ({next: () => ({value: new ArrayBuffer(1e4)})})}})`},

	{"headers of an endless iterable", `const next = Object.bind(null, {done: false, value: ["k", "v"]}); new Headers({[Symbol.iterator]: Object.bind(null, {next})})`},
	{"headers of one name", `const h = new Headers(); for (let i = 0; i < 2000; i++) h.append("a", "b".repeat(1e4)); for (;;) { h.get("a"); [...h] }`},
	{"headers of a long value", `const h = new Headers({a: "b".repeat(5e6)}); for (let i = 0; i < 1000; i++) h.append("a", h.get("a"))`},
	{"headers that share a value", `const v = "b".repeat(3e6), h = new Headers(); for (let i = 0; i < 20; i++) h.append("a", v); /**/ h.get("a")`},
	{"headers of long names", `const n = "A".repeat(6e4), h = new Headers(); for (let i = 0; i < 1e3; i++) h.append(n, "1"); for (;;) { h.has("B".repeat(6e4)); [...h] }`},
	{"headers of a name that is too long", `for (;;) try { new Headers([["a".repeat(6e6), "b"]]) } catch {}`},
	{"headers of bytes", `for (;;) new Headers({a: "é".repeat(2e6)}).get("a")`},
	{"headers of spaces", `for (;;) new Headers({a: " ".repeat(6e6)})`},
	{"headers sorted", `const h = new Headers(); for (let i = 0; i < 3e4; i++) h.append("k" + i, "v"); for (;;) { h.set("a", "b"); [...h].length }`},
	{"a content type of commas", `const r = () => new Response("x", {headers: {"content-type": ",".repeat(3e6)}}); for (;;) await r().blob()`},
	{"a content type of parameters", `const r = () => new Response("x", {headers: {"content-type": "a/b" + ";a=b".repeat(1e6)}}); for (;;) await r().blob()`},
	{"a method", `for (;;) try { new Request("http://h/", {method: "A".repeat(6e6)}) } catch {}`},
	{"a status text", `for (;;) new Response(null, {statusText: "é".repeat(2e6)}).statusText`},
	{"init of a request", `const s = "ä".repeat(2e6); for (;;) for (const k of ["mode", "cache", "redirect", "integrity", "method", "referrer", "duplex"]) try { new Request("http://h/", {[k]: s}) } catch {}`},

	{"blobs of blobs", `let b = new Blob(["x".repeat(1e5)]); for (;;) b = new Blob([b, b])`},
	{"blobs of slices", `let b = new Blob(["x".repeat(1e6)]); for (;;) b = new Blob([b.slice(1), "y"])`},
	{"a blob of endless parts", `new Blob({[Symbol.iterator]: () => ({next: () => ({done: false, value: "x".repeat(1e6)})})})`},
	{"a blob of small parts", `const next = Object.bind(null, {done: false, value: "x"}); new Blob({[Symbol.iterator]: Object.bind(null, {next})})`},
	{"a blob with native ends", `for (;;) new Blob(["\r\n\r".repeat(1e6)], {endings: "native"})`},
	{"a type of a blob", `for (;;) new Blob([], {type: "A".repeat(6e6)}).type`},
	{"text of a blob", `const b = new Blob([new Uint8Array(2e6).fill(200)]); for (;;) try { await b.text() } catch {}`},
	{"bytes of a blob", `const b = new Blob([new Uint8Array(5e6)]); for (;;) { await b.arrayBuffer(); await b.bytes() }`},

	{"a form of endless fields", `const f = new FormData(); for (;;) f.append("a", "b")`},
	{"a form that looks alike", `const f = new FormData(), a = "x".repeat(3e6); for (let i = 0; i < 1000; i++) f.append(a, "1"); const b = "x".repeat(3e6 - 1) + "y"; /**/ f.has(b); f.getAll(b); f.set(b, "2"); f.delete(b)`},
	{"a form of lines", `const f = new FormData(); f.append("\n\"".repeat(1e6), "\r\n".repeat(1e6)); for (;;) new Response(f)`},
	{"a form of long names", `const f = new FormData(), s = "\"".repeat(6e6); for (let i = 0; i < 8; i++) f.append(s, "1"); for (;;) try { new Response(f) } catch {}`},
	{"a form of a file, often", `const f = new FormData(), b = new Blob(["x".repeat(1e6)]); for (let i = 0; i < 1000; i++) f.append("a", b); /**/ new Response(f)`},
	{"a form from lines", `const r = () => new Response("--b\r\nContent-Disposition: form-data; name=a\r\n\r\n" + "\n".repeat(5e6), {headers: {"content-type": "multipart/form-data; boundary=b"}}); for (;;) try { await r().formData() } catch {}`},
	{"a form from boundaries", `const r = () => new Response("--b\r\nContent-Disposition: form-data; name=a\r\n\r\n" + "\r\n--b ".repeat(7e6), {headers: {"content-type": "multipart/form-data; boundary=b"}}); for (;;) try { await r().formData() } catch {}`},
	{"a form from a long header", `const r = () => new Response("--b\r\nContent-Disposition: form-data" + "; a=b".repeat(1e6), {headers: {"content-type": "multipart/form-data; boundary=b"}}); for (;;) try { await r().formData() } catch {}`},
	{"a form from a long preamble", `const r = () => new Response("-".repeat(6e6), {headers: {"content-type": "multipart/form-data; boundary=b"}}); for (;;) try { await r().formData() } catch {}`},
	{"a form from an encoded text", `const r = () => new Response("%41%ff".repeat(1e6), {headers: {"content-type": "application/x-www-form-urlencoded"}}); for (;;) await r().formData()`},

	{"text of a response", `const b = new Uint8Array(2e6).fill(0xc3); for (;;) try { (await new Response(b).text()).length } catch {}`},
	{"bytes of a response", `const b = new Uint8Array(6e6); for (;;) await new Response(b).bytes()`},
	{"JSON of a response", `for (;;) await new Response("[" + "1,".repeat(1e6) + "1]").json()`},
	{"JSON of a long string", `for (;;) await new Response('"' + "é".repeat(2e6) + '"').json()`},
	{"JSON of an escaped string", `for (;;) await new Response('"' + "a".repeat(2e6) + '\\n"').json()`},
	{"JSON of spaces", `for (;;) await new Response(" ".repeat(6e6) + "1").json()`},
	{"JSON of a long number", `for (;;) await new Response("1".repeat(6e6)).json()`},
	{"JSON of a long key", `for (;;) await new Response('{"' + "é".repeat(1e6) + '":1}').json()`},
	{"JSON of nesting", `for (;;) try { await new Response("[".repeat(6e6)).json() } catch {}`},
	{"a response of JSON", `const a = new Array(1e3).fill("x".repeat(1e3)); for (;;) Response.json(new Array(100).fill(a))`},
	{"a response of deep JSON", `let l; for (let i = 0; i < 1e4; i++) l = {l}; for (;;) try { Response.json(l) } catch {}`},
	{"a response of params", `const p = new URLSearchParams("ä&".repeat(1e5)); for (;;) new Response(p)`},
	{"bodies read in turn", `let r = new Response("x".repeat(5e6)); for (;;) { const c = r.clone(); const reader = c.body.getReader(); while (!(await reader.read()).done); }`},
	{"streams of streams", `let s = new Response("x".repeat(5e6)).body; for (;;) s = s.tee()[0]`},

	{"digest", `const b = new Uint8Array(6e6); for (;;) await crypto.subtle.digest("SHA-512", b)`},
	{"digest at once", `const b = new Uint8Array(6e6); for (;;) crypto.subtle.digest("SHA-1", b)`},
	{"digest of a long name", `for (;;) try { await crypto.subtle.digest("ä".repeat(2e6), new Uint8Array(1)) } catch {}`},
	{"random values", `const b = new Uint8Array(65536); for (;;) crypto.getRandomValues(b)`},

	{"any of many signals", `const s = new Array(1e5).fill(AbortSignal.any(Array.from({length: 1000}, () => new AbortController().signal))); /**/ AbortSignal.any(s)`},
	{"any of endless signals", `const value = new AbortController().signal, next = Object.bind(null, {done: false, value}); AbortSignal.any({[Symbol.iterator]: Object.bind(null, {next})})`},
	{"abort what many follow", `const c = new AbortController(); for (let i = 0; i < 2e4; i++) AbortSignal.any([c.signal]); /**/ c.abort()`},
	{"abort many listeners", `const c = new AbortController(), t = new EventTarget(); for (let i = 0; i < 5e3; i++) t.addEventListener("a" + i, () => {}, {signal: c.signal}); /**/ c.abort()`},
	{"many listeners", `const t = new EventTarget(); for (let i = 0; i < 3e3; i++) t.addEventListener("a", {}); /**/ t.dispatchEvent(new Event("a"))`},
	{"listeners of a long type", `const t = new EventTarget(), a = "x".repeat(3e6); for (let i = 0; i < 1000; i++) t.addEventListener(a, () => {}); const e = new Event("x".repeat(3e6 - 1) + "y"); for (;;) t.dispatchEvent(e)`},
	{"listeners that dispatch", `const t = new EventTarget(); t.addEventListener("a", () => t.dispatchEvent(new Event("a"))); for (;;) t.dispatchEvent(new Event("a"))`},
	{"listeners that are native", `const t = new EventTarget(), e = new Event("a"); t.addEventListener("a", {get handleEvent() { return t.dispatchEvent.bind(t, new Event("a")) }}); t.dispatchEvent(e)`},
	{"microtasks", `const f = () => queueMicrotask(f); f()`},
	{"native microtasks", `const f = {}; f.then = queueMicrotask.bind(null, (r) => r(f)); await f`},
	{"timers", `const f = () => { for (let i = 0; i < 900; i++) setTimeout(f, 0) }; f(); await new Promise(() => {})`},
	{"arguments of timers", `const a = new Array(5e4).fill(0); for (;;) clearTimeout(setTimeout(() => {}, 1, ...a))`},

	{"log a long text", `for (;;) console.log("ä".repeat(2e6))`},
	{"log a long format", `for (;;) console.log("%s%".repeat(2e6), 1, "ä".repeat(1e6))`},
	{"log a long array", `const a = new Array(1e5).fill({}); for (;;) console.log(a)`},
	{"log a wide object", `const o = {}; for (let i = 0; i < 1e4; i++) o["k" + i] = {}; for (;;) console.log(o)`},
	{"log a wide tree", `let t = {}; for (let i = 0; i < 30; i++) t = new Array(100).fill(t); for (;;) console.dir(t, {depth: null})`},
	{"log proxies", `let p = {}; for (let i = 0; i < 90; i++) p = new Proxy(p, {}); for (;;) console.log(p, [p])`},
	{"log a proxy that logs", `const p = new Proxy({}, {get() { console.log(p) }, ownKeys() { console.log(p) }}); for (;;) console.log("%s", p)`},
	{"log a toString that logs", `const o = {toString() { console.log("%s", o) }}; console.log("%s", o)`},
	{"log an error of a long stack", `const e = new Error("x"); e.stack = "    at f (x.js:1:1)\n".repeat(1e6); for (;;) console.log(e)`},
	{"log an error of other lines", `const e = new Error("x"); e.stack = "    at f (x.js:1\n".repeat(3e6); for (;;) console.log(e)`},
	{"log an error of a long message", `const e = new Error("ä".repeat(1e6)); e.name = "ä".repeat(1e6); for (;;) console.log(e)`},
	{"log a DOMException", `const e = new DOMException("x".repeat(3e6), "y".repeat(2e6)); for (;;) console.log(e)`},
	{"log a symbol", `const s = Symbol("x".repeat(3e6)); for (;;) console.log(s, {[s]: 1})`},
	{"log a bigint", `const n = 2n ** 1000000n; for (;;) console.log(n)`},
	{"log params", `const p = new URLSearchParams({["ä".repeat(1e6)]: "\n".repeat(1e6)}); for (;;) console.log(p)`},
	{"log an event", `const e = new Event("ä".repeat(1e6)); for (;;) console.log(e)`},
	{"log as JSON", `const a = new Array(1e5).fill({}); for (;;) console.log("%j", a)`},
	{"log a map", `const m = new Map(); for (let i = 0; i < 1e4; i++) m.set(i, m); for (;;) console.log(m)`},
	{"log a class of a long name", `const C = class {}; Object.defineProperty(C, "name", {value: "ä".repeat(1e6)}); for (;;) console.log(new C(), C)`},
	{"count a long label", `for (;;) console.count("ä".repeat(1e6))`},
	{"count many labels", `for (let i = 0; ; i++) console.count(i)`},
	{"assert a long text", `for (;;) console.assert(false, "ä".repeat(1e6))`},
	{"a table of a long array", `const a = new Array(3e5).fill({a: 1}); for (;;) console.table(a)`},
	{"a table of a typed array", `const a = new Uint8Array(3e6); for (;;) console.table(a)`},
	{"a table of wide rows", `const o = {}; for (let i = 0; i < 1e4; i++) o["k" + i] = "ä".repeat(1e3); for (;;) console.table(new Array(100).fill(o))`},
	{"a table of endless columns", `const next = Object.bind(null, {done: false, value: "x"}); for (;;) console.table([{}], {[Symbol.iterator]: Object.bind(null, {next})})`},
	{"groups", `for (;;) { console.group("\n".repeat(1e6)) }`},
	{"report an error", `for (;;) reportError("ä".repeat(1e6))`},
	{"report a proxy", `for (;;) reportError(new Proxy({}, {get() { return "ä".repeat(1e6) }}))`},

	{"a record of a string object", `for (;;) try { new URLSearchParams(Object.setPrototypeOf(new String("x".repeat(3e6)), null)) } catch {}`},
	{"a record of a typed array", `for (;;) try { new Headers(Object.setPrototypeOf(new Uint8Array(3e6), null)) } catch {}`},
	{"a long text given again", `const p = new URLSearchParams({a: "ä".repeat(1e6)}); for (;;) p.get("a").length`},
	{"a name of a file", `const s = "ä".repeat(1e6); for (;;) new File([], s, {type: s}).name`},
	{"a DOMException", `const s = "ä".repeat(1e6); for (;;) new DOMException(s, s).code`},
}
