package webapi_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
)

func TestTimers(t *testing.T) {
	timedRows(t, []row{
		{"a timeout is called once, after its delay", `let n = 0; setTimeout(() => n++, 50); await wait(49); let before = n; await wait(100); return [before, n]`, "0,1"},
		{"an interval is called again and again", `let n = 0, id = setInterval(() => n++, 10); await wait(35); clearInterval(id); await wait(100); return n`, "3"},
		{"arguments are handed on", `return await new Promise(r => setTimeout((...a) => r(a.join()), 1, "a", 2))`, "a,2"},
		{"this is the global object", `return await new Promise(r => setTimeout(function () { r(this === globalThis) }))`, "true"},
		{"they are called in order of time, then of setting", `let s = ""; for (let [n, ms] of [["c", 20], ["a", 5], ["b", 5], ["d", 20]]) setTimeout(() => s += n, ms); await wait(30); return s`, "abcd"},
		{"no delay, a negative one and nonsense are the shortest", `let s = ""; setTimeout(() => s += "a"); setTimeout(() => s += "b", -5); setTimeout(() => s += "c", "x"); setTimeout(() => s += "d", 2 ** 32); await wait(2); return s`, "abcd"},
		{"a delay may be a string of digits", `let n = 0; setTimeout(() => n++, "20"); await wait(10); let before = n; await wait(20); return [before, n]`, "0,1"},
		{"clearTimeout stops it", `let n = 0, id = setTimeout(() => n++, 5); clearTimeout(id); await wait(20); return n`, "0"},
		{"either clears either", `let n = 0; clearInterval(setTimeout(() => n++, 1)); clearTimeout(setInterval(() => n++, 1)); await wait(20); return n`, "0"},
		{"an interval can clear itself", `let n = 0, id = setInterval(() => { if (++n === 2) clearInterval(id) }, 1); await wait(20); return n`, "2"},
		{"clearing what is none does nothing", `clearTimeout(); clearTimeout(99); clearTimeout(null); clearInterval("x"); return "fine"`, "fine"},
		{"a timer's number is positive", `let a = setTimeout(() => 1), b = setTimeout(() => 1); return [typeof a, a > 0, b > a]`, "number,true,true"},
		{"a timer in a timer", `let s = ""; setTimeout(() => { s += "a"; setTimeout(() => s += "b", 5) }, 5); await wait(11); return s`, "ab"},
		{"a handler must be a function", `setTimeout("code()")`, "throws TypeError: the handler of a timer must be a function; code in a string is not run"},
		{"a thousand timers and no more", `for (let i = 0; i < 1000; i++) setTimeout(() => 1, 1e6); try { setTimeout(() => 1) } catch (e) { return [e.name, e.message] }`, "QuotaExceededError,1000 timers are set already, which is as many as an event may have at once"},
		{"intervals and AbortSignal.timeout count too", `for (let i = 0; i < 1000; i++) setInterval(() => 1, 1e6); try { AbortSignal.timeout(1) } catch (e) { return e.name }`, "QuotaExceededError"},
		{"timers that are over do not count", `for (let n of [1, 2, 3]) { for (let i = 0; i < 999; i++) setTimeout(() => 1); await wait(5) } return "fine"`, "fine"},
		{"microtasks come first", `let s = ""; setTimeout(() => s += "t"); queueMicrotask(() => s += "m"); s += "s"; await wait(5); return s`, "smt"},
		{"setImmediate comes before timers set later, after microtasks", `let s = ""; setTimeout(() => s += "t"); setImmediate((a, b) => s += a + b, "i", 1); queueMicrotask(() => s += "m"); await wait(5); return s`, "mi1t"},
		{"clearImmediate stops it", `let s = "none", id = setImmediate(() => s = "called"); clearImmediate(id); await wait(5); return s`, "none"},
		{"immediates in immediates", `let n = 0; setImmediate(function f() { if (++n < 100) setImmediate(f) }); await wait(5); return n`, "100"},
		{"immediates count as timers", `for (let i = 0; i < 1000; i++) setImmediate(() => 1); try { setImmediate(() => 1) } catch (e) { return e.name }`, "QuotaExceededError"},
		{"scheduler.wait takes its time", `let n = performance.now(); let v = await scheduler.wait(250); return [performance.now() - n, v]`, "250,"},
		{"scheduler.wait ends with its signal", `let c = new AbortController(), n = performance.now(); setTimeout(() => c.abort("enough"), 20); try { await scheduler.wait(250, {signal: c.signal}) } catch (e) { return [e, performance.now() - n] }`, "enough,20"},
		{"a signal that was aborted ends it at once", `try { await scheduler.wait(250, {signal: AbortSignal.abort()}) } catch (e) { return e.name }`, "AbortError"},
		{"an abort afterwards changes nothing", `let c = new AbortController(); await scheduler.wait(1, {signal: c.signal}); c.abort(); return "fine"`, "fine"},
		{"scheduler.wait takes a signal alone", `await scheduler.wait(1, {signal: 1})`, "throws TypeError: wait: the option signal is not an AbortSignal"},
		{"scheduler.wait counts as a timer", `for (let i = 0; i < 1000; i++) setTimeout(() => 1, 1e6); try { await scheduler.wait(1) } catch (e) { return e.name }`, "QuotaExceededError"},
		{"AbortSignal.timeout takes its time", `let s = AbortSignal.timeout(1000); await wait(999); let before = s.aborted; await wait(2); return [before, s.aborted]`, "false,true"},
		{"performance.now goes on with the clock", `let a = performance.now(); await wait(250); return performance.now() - a`, "250"},
		{"timestamps are in tenths of a millisecond", `performance.now(); await wait(3); let n = performance.now(); return n * 10 === Math.floor(n * 10)`, "true"},
	})
}

// timedRows runs each row by a clock that goes on when nothing else does. wait is at hand.
func timedRows(t *testing.T, rows []row) {
	t.Parallel()
	for _, tc := range rows {
		t.Run(tc.name, func(t *testing.T) {
			p := newPlatform(t) // outside of the bubble: others share it
			synctest.Test(t, func(t *testing.T) {
				vm := p.NewVM(js.Config{})
				defer vm.Abandon()
				src := `let wait = ms => new Promise(r => setTimeout(r, ms));` + tc.src
				if got := jstest.EvalIn(t, vm, src); got != tc.want {
					t.Errorf("eval(%s)\n got %q\nwant %q", tc.src, got, tc.want)
				}
			})
		})
	}
}

func TestTimerExceptionsGoToTheLoop(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	synctest.Test(t, func(t *testing.T) {
		vm := p.NewVM(js.Config{})
		defer vm.Abandon()
		jstest.EvalIn(t, vm, `setTimeout(() => { throw new Error("late") }, 5); return 1`)
		var got []string
		err := vm.Run(t.Context(), func() bool { return len(got) > 0 }, func(err error) { got = append(got, vm.Report(err).Message) })
		if err != nil || len(got) != 1 || got[0] != "Error: late" {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

func TestTimeOrigin(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Hour) // 2000-01-01T01:00:00Z
		vm := p.NewVM(js.Config{})
		got := jstest.EvalIn(t, vm, `return [performance.timeOrigin, performance.now(), JSON.stringify(performance), performance instanceof EventTarget]`)
		if want := `946688400000,0,{"timeOrigin":946688400000},true`; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestQueueMicrotask(t *testing.T) {
	evalRows(t, []row{
		{"it runs after the script, in order", `let s = ""; queueMicrotask(() => s += "a"); Promise.resolve().then(() => s += "b"); queueMicrotask(() => s += "c"); s += "0"; await null; await null; return s`, "0abc"},
		{"it takes a function alone", `queueMicrotask({})`, "throws TypeError: queueMicrotask: the argument is not a function"},
		{"what it throws is nobody's", `queueMicrotask(() => { throw 1 }); await null; return "fine"`, "fine"},
		{"it returns nothing", `return queueMicrotask(() => 1)`, "undefined"},
	})
}
