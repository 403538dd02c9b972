package webapi_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

// errorRow is a script, what it evaluates to, and what the console has of it then: the first
// line of each error.
type errorRow struct{ name, src, want, log string }

// evalErrors runs each row as an isolate would: exceptions of timers and promises that
// nobody listens to are reported after each turn.
func evalErrors(t *testing.T, rows []errorRow) {
	t.Parallel()
	for _, tc := range rows {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t) // outside of the bubble: others share it
			synctest.Test(t, func(t *testing.T) {
				host := new(firstLines)
				vm := p.NewVM(js.Config{Host: host})
				defer vm.Abandon()
				if got := runReporting(t, vm, tc.src); got != tc.want {
					t.Errorf("eval(%s)\n got %q\nwant %q", tc.src, got, tc.want)
				}
				if log := strings.Join(host.first, "; "); log != tc.log {
					t.Errorf("eval(%s) logs\n got %q\nwant %q", tc.src, log, tc.log)
				}
			})
		})
	}
}

// firstLines is a host that keeps the first line of each message.
type firstLines struct {
	webapi.Host
	first []string
}

func (l *firstLines) Console(_, message string) {
	line, _, _ := strings.Cut(message, "\n")
	l.first = append(l.first, line)
}

func runReporting(t *testing.T, vm *js.VM, src string) string {
	t.Helper()
	program, err := js.CompileFunction("test.js", "return (async () => {"+src+"\n})()", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var result js.Value
	if err := vm.Enter(t.Context(), func() { result, _ = vm.Evaluate(program) }); err != nil {
		t.Fatal(err)
	}
	out := ""
	if err := vm.Run(t.Context(), func() bool {
		webapi.ReportRejections(vm)
		state, v := js.Peek(result)
		if state == js.Pending {
			return false
		}
		if out = vm.String(v); state == js.Rejected {
			out = "throws " + out
		}
		return true
	}, func(err error) { webapi.ReportException(vm, err) }); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestGlobalThisIsAnEventTarget(t *testing.T) {
	evalRows(t, []row{
		{"it is one", `return [globalThis instanceof EventTarget, Object.prototype.toString.call(globalThis), self.addEventListener === EventTarget.prototype.addEventListener]`, "true,[object global],true"},
		{"methods need no receiver", `let s; addEventListener("x", e => s = [e.target === globalThis, e.currentTarget === self]); dispatchEvent(new Event("x")); return s`, "true,true"},
		{"listeners have globalThis as this", `let s; addEventListener("x", function () { s = this === globalThis }); dispatchEvent(new Event("x")); return s`, "true"},
		{"removeEventListener", `let n = 0, f = () => n++; addEventListener("x", f); removeEventListener("x", f); dispatchEvent(new Event("x")); return n`, "0"},
		{"its attributes are null at first", `return [onerror, onunhandledrejection, onrejectionhandled].join("|")`, "||"},
		{"a number is no listener", `onerror = 1; return onerror`, "null"},
		{"an object that can't be called is kept", `let o = {}; onerror = o; dispatchEvent(new ErrorEvent("error")); return onerror === o`, "true"},
		{"other methods need their receivers", `let {get} = Headers.prototype; get("x")`, "throws TypeError: Illegal invocation: this is not a Headers"},
		{"globals of the script stay its own", `globalThis.foo = 1; return [typeof bar, foo, Object.hasOwn(globalThis, "addEventListener")]`, "undefined,1,false"},
	})
}

func TestErrorsAtGlobalThis(t *testing.T) {
	evalErrors(t, []errorRow{
		{"reportError goes to the log", `reportError(new TypeError("bad")); return 1`, "1", "Uncaught TypeError: bad"},
		{"anything can be reported", `reportError(7); reportError(null); return 1`, "1", "Uncaught 7; Uncaught null"},
		{"a listener is told", `let s; addEventListener("error", e => s = [e instanceof ErrorEvent, e.message, e.error.message, e.filename, e.lineno, e.colno > 0, e.cancelable, e.isTrusted]); reportError(new Error("bad")); return s`, "true,Uncaught Error: bad,bad,test.js,2,true,true,true", "Uncaught Error: bad"},
		{"which can keep it from the log", `addEventListener("error", e => e.preventDefault()); reportError(new Error("bad")); return 1`, "1", ""},
		{"onerror takes the parts", `let s; onerror = (...a) => { s = [a.length, a[0], a[1], a[2], a[4].message] }; reportError(new Error("bad")); return s`, "5,Uncaught Error: bad,test.js,2,bad", "Uncaught Error: bad"},
		{"onerror returns true to cancel", `onerror = () => true; reportError(new Error("bad")); return 1`, "1", ""},
		{"and nothing else", `onerror = () => 1; reportError(new Error("bad")); return 1`, "1", "Uncaught Error: bad"},
		{"an event of another class is the argument", `let s; onerror = (...a) => { s = [a.length, a[0].type] }; dispatchEvent(new Event("error")); return s`, "1,error", ""},
		{"a timer's exception", `let s; addEventListener("error", e => { s = e.message; e.preventDefault() }); setTimeout(() => { throw new RangeError("late") }); await new Promise(r => setTimeout(r, 5)); return s`, "Uncaught RangeError: late", ""},
		{"a microtask's exception", `let s; addEventListener("error", e => s = e.message); queueMicrotask(() => { throw new Error("m") }); await 1; await 1; return s`, "Uncaught Error: m", "Uncaught Error: m"},
		{"a listener's exception", `let s; addEventListener("error", e => s = e.message); let t = new EventTarget(); t.addEventListener("x", () => { throw new Error("l") }); t.dispatchEvent(new Event("x")); return s`, "Uncaught Error: l", "Uncaught Error: l"},
		{"an exception of a listener for errors goes to the log alone", `let n = 0; addEventListener("error", () => { n++; throw new Error("second") }); reportError(new Error("first")); return n`, "1", "Uncaught Error: second; Uncaught Error: first"},
		{"nested reports go to the log alone", `let n = 0; onerror = () => { n++; reportError(new Error("second")) }; reportError(new Error("first")); return n`, "1", "Uncaught Error: second; Uncaught Error: first"},
	})
}

func TestRejectionsAtGlobalThis(t *testing.T) {
	const later = `await new Promise(r => setTimeout(r, 5)); `
	evalErrors(t, []errorRow{
		{"without a listener it is logged", `Promise.reject(new Error("bad")); ` + later + `return 1`, "1", "Uncaught (in promise) Error: bad"},
		{"a listener is told", `let s, p = Promise.reject(7); addEventListener("unhandledrejection", e => s = [e instanceof PromiseRejectionEvent, e.promise === p, e.reason, e.cancelable]); ` + later + `return s`, "true,true,7,true", "Uncaught (in promise) 7"},
		{"which can keep it from the log", `onunhandledrejection = e => e.preventDefault(); Promise.reject(1); ` + later + `return 1`, "1", ""},
		{"an attribute cancels by false", `onunhandledrejection = () => false; Promise.reject(1); ` + later + `return 1`, "1", ""},
		{"who listens in time is not told of", `let n = 0; onunhandledrejection = () => { n++ }; let p = Promise.reject(1); await 1; p.catch(() => 1); ` + later + `return n`, "0", ""},
		{"who listens late is told of", `let s = []; onunhandledrejection = e => s.push("un"); onrejectionhandled = e => s.push("re", e.reason, e.promise === p, e.cancelable); let p = Promise.reject(1); ` + later + `p.catch(() => 1); ` + later + `return s`, "un,re,1,true,false", "Uncaught (in promise) 1"},
	})
}
