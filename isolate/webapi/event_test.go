package webapi_test

import "testing"

func TestEvent(t *testing.T) {
	evalRows(t, []row{
		{"it has a type and what init says", `let e = new Event("x", {bubbles: true, cancelable: 1}); return [e.type, e.bubbles, e.cancelable, e.composed, e.isTrusted, e.defaultPrevented]`, "x,true,true,false,false,false"},
		{"it has no target before", `let e = new Event("x"); return [e.target, e.currentTarget, e.srcElement, e.eventPhase, e.composedPath().length]`, ",,,0,0"},
		{"a type is needed", `new Event()`, "throws TypeError: Event: 1 argument(s) required, but only 0 present"},
		{"init must be an object", `new Event("x", 1)`, "throws TypeError: the init of an Event must be an object"},
		{"preventDefault needs cancelable", `let a = new Event("x"), b = new Event("x", {cancelable: true}); a.preventDefault(); b.preventDefault(); return [a.defaultPrevented, b.defaultPrevented, b.returnValue]`, "false,true,false"},
		{"returnValue cancels", `let e = new Event("x", {cancelable: true}); e.returnValue = true; e.returnValue = false; return e.defaultPrevented`, "true"},
		{"cancelBubble stops and can't go on", `let e = new Event("x"); e.cancelBubble = true; e.cancelBubble = false; return e.cancelBubble`, "true"},
		{"constants", `return [Event.NONE, Event.CAPTURING_PHASE, Event.AT_TARGET, new Event("x").BUBBLING_PHASE]`, "0,1,2,3"},
		{"timeStamp is a time since the origin", `let e = new Event("x"); return e.timeStamp >= 0 && e.timeStamp <= performance.now()`, "true"},
		{"initEvent makes it new", `let e = new Event("x"); e.initEvent("y", true, true); return [e.type, e.bubbles, e.cancelable]`, "y,true,true"},
		{"a CustomEvent has a detail", `let e = new CustomEvent("x", {detail: {a: 1}, cancelable: true}); return [e.detail.a, e.cancelable, e instanceof Event, new CustomEvent("x").detail]`, "1,true,true,"},
		{"a CustomEvent can be handed on", `let t = new EventTarget(), s; t.addEventListener("x", e => s = e.detail + e.type); t.dispatchEvent(new CustomEvent("x", {detail: 7})); return s`, "7x"},
		{"a class can extend it", `class M extends Event { constructor() { super("m"); this.v = 5 } } let t = new EventTarget(), s; t.addEventListener("m", e => s = e.v + e.constructor.name); t.dispatchEvent(new M()); return s`, "5M"},
	})
}

func TestEventTarget(t *testing.T) {
	evalRows(t, []row{
		{"listeners are called in order, with this and target", `let t = new EventTarget(), s = []; t.addEventListener("x", function (e) { s.push(this === t, e.target === t, e.currentTarget === t, e.eventPhase, e.composedPath()[0] === t) }); t.addEventListener("x", () => s.push("second")); t.dispatchEvent(new Event("x")); return s`, "true,true,true,2,true,second"},
		{"dispatchEvent tells whether it was canceled", `let t = new EventTarget(); t.addEventListener("x", e => e.preventDefault()); return [t.dispatchEvent(new Event("x")), t.dispatchEvent(new Event("x", {cancelable: true}))]`, "true,false"},
		{"afterwards it keeps its target alone", `let t = new EventTarget(), e = new Event("x"); t.dispatchEvent(e); return [e.target === t, e.currentTarget, e.eventPhase]`, "true,,0"},
		{"the same listener is added once", `let t = new EventTarget(), n = 0, f = () => n++; t.addEventListener("x", f); t.addEventListener("x", f); t.addEventListener("x", f, true); t.dispatchEvent(new Event("x")); return n`, "2"},
		{"capturing listeners come first", `let t = new EventTarget(), s = ""; t.addEventListener("x", () => s += "b"); t.addEventListener("x", () => s += "c", {capture: true}); t.dispatchEvent(new Event("x")); return s`, "cb"},
		{"stopPropagation in a capturing one keeps it from the others", `let t = new EventTarget(), s = ""; t.addEventListener("x", () => s += "b"); t.addEventListener("x", e => { s += "c"; e.stopPropagation() }, true); t.addEventListener("x", () => s += "d", true); t.dispatchEvent(new Event("x")); return s`, "cd"},
		{"stopImmediatePropagation keeps it from all others", `let t = new EventTarget(), s = ""; t.addEventListener("x", e => { s += "a"; e.stopImmediatePropagation() }); t.addEventListener("x", () => s += "b"); t.dispatchEvent(new Event("x")); return s`, "a"},
		{"once", `let t = new EventTarget(), n = 0; t.addEventListener("x", () => n++, {once: true}); t.dispatchEvent(new Event("x")); t.dispatchEvent(new Event("x")); return n`, "1"},
		{"removeEventListener", `let t = new EventTarget(), n = 0, f = () => n++; t.addEventListener("x", f); t.removeEventListener("x", f, true); t.dispatchEvent(new Event("x")); t.removeEventListener("x", f); t.dispatchEvent(new Event("x")); return n`, "1"},
		{"a listener removed meanwhile is not called", `let t = new EventTarget(), s = "", f = () => s += "f"; t.addEventListener("x", () => t.removeEventListener("x", f)); t.addEventListener("x", f); t.dispatchEvent(new Event("x")); return "none" + s`, "none"},
		{"a listener added meanwhile waits for the next", `let t = new EventTarget(), s = ""; t.addEventListener("x", () => { s += "a"; t.addEventListener("x", () => s += "b") }, {once: true}); t.dispatchEvent(new Event("x")); s += "|"; t.dispatchEvent(new Event("x")); return s`, "a|b"},
		{"an object's handleEvent is looked up each time", `let t = new EventTarget(), s = "", o = {handleEvent() { s += "a" + (this === o) }}; t.addEventListener("x", o); t.dispatchEvent(new Event("x")); o.handleEvent = () => s += "b"; t.dispatchEvent(new Event("x")); return s`, "atrueb"},
		{"a passive listener can't cancel", `let t = new EventTarget(); t.addEventListener("x", e => e.preventDefault(), {passive: true}); return t.dispatchEvent(new Event("x", {cancelable: true}))`, "true"},
		{"a listener that throws stops nothing", `let t = new EventTarget(), s = ""; t.addEventListener("x", () => { throw new Error("no") }); t.addEventListener("x", () => s += "b"); return t.dispatchEvent(new Event("x")) + s`, "trueb"},
		{"a listener may be null", `let t = new EventTarget(); t.addEventListener("x", null); return t.dispatchEvent(new Event("x"))`, "true"},
		{"a listener must be callable", `new EventTarget().addEventListener("x", 1)`, "throws TypeError: addEventListener: the listener is neither a function nor an object"},
		{"a signal takes the listener away", `let t = new EventTarget(), c = new AbortController(), n = 0; t.addEventListener("x", () => n++, {signal: c.signal}); t.dispatchEvent(new Event("x")); c.abort(); t.dispatchEvent(new Event("x")); return n`, "1"},
		{"a signal that was aborted adds none", `let t = new EventTarget(), n = 0; t.addEventListener("x", () => n++, {signal: AbortSignal.abort()}); t.dispatchEvent(new Event("x")); return n`, "0"},
		{"the option signal must be one", `new EventTarget().addEventListener("x", () => 1, {signal: {}})`, "throws TypeError: addEventListener: the option signal is not an AbortSignal"},
		{"an event is not dispatched twice at once", `let t = new EventTarget(), s; t.addEventListener("x", e => { try { t.dispatchEvent(e) } catch (x) { s = x.name } }); t.dispatchEvent(new Event("x")); return s`, "InvalidStateError"},
		{"an event can be dispatched again", `let t = new EventTarget(), n = 0, e = new Event("x"); t.addEventListener("x", e => { n++; e.stopImmediatePropagation() }); t.dispatchEvent(e); t.dispatchEvent(e); return n`, "2"},
		{"only events are dispatched", `new EventTarget().dispatchEvent({type: "x"})`, "throws TypeError: dispatchEvent: the argument is not an Event"},
		{"a class can extend it", `class T extends EventTarget { #n = 1; go() { let s; this.addEventListener("x", function () { s = this.#n }.bind(this)); this.dispatchEvent(new Event("x")); return s } } return new T().go()`, "1"},
		{"its methods need one", `EventTarget.prototype.addEventListener.call({}, "x", null)`, "throws TypeError: Illegal invocation: this is not a EventTarget"},
	})
}

func TestAbort(t *testing.T) {
	evalRows(t, []row{
		{"a controller has one signal", `let c = new AbortController(); return [c.signal === c.signal, c.signal instanceof AbortSignal, c.signal instanceof EventTarget, c.signal.aborted, c.signal.reason]`, "true,true,true,false,"},
		{"abort sets an AbortError", `let c = new AbortController(); c.abort(); let r = c.signal.reason; return [c.signal.aborted, r.name, r.code, r instanceof DOMException, r.message]`, "true,AbortError,20,true,This operation was aborted"},
		{"abort takes a reason, which stays", `let c = new AbortController(); c.abort("a"); c.abort("b"); return c.signal.reason`, "a"},
		{"null is a reason", `let c = new AbortController(); c.abort(null); return c.signal.reason`, "null"},
		{"the event is trusted and comes once", `let c = new AbortController(), s = []; c.signal.addEventListener("abort", e => s.push(e.type, e.isTrusted, e.target === c.signal)); c.abort(); c.abort(); return s`, "abort,true,true"},
		{"onabort is called in its place", `let c = new AbortController(), s = ""; c.signal.onabort = () => s += "x"; c.signal.addEventListener("abort", () => s += "b"); c.signal.onabort = () => s += "a"; c.abort(); return s`, "ab"},
		{"onabort can be taken back", `let c = new AbortController(), s = "none"; c.signal.onabort = () => s = "called"; let f = typeof c.signal.onabort; c.signal.onabort = null; c.abort(); return [f, c.signal.onabort, s]`, "function,,none"},
		{"onabort takes functions alone", `let c = new AbortController(); c.signal.onabort = 5; return c.signal.onabort`, "null"},
		{"throwIfAborted", `AbortSignal.abort(new RangeError("mine")).throwIfAborted()`, "throws RangeError: mine"},
		{"throwIfAborted of another does nothing", `return new AbortController().signal.throwIfAborted()`, "undefined"},
		{"a signal can't be constructed", `new AbortSignal()`, "throws TypeError: Illegal constructor: AbortSignal"},
		{"AbortSignal.abort", `let s = AbortSignal.abort(); return [s.aborted, s.reason.name]`, "true,AbortError"},
		{"AbortSignal.timeout", `let s = AbortSignal.timeout(1); let before = s.aborted; await new Promise(r => s.onabort = r); return [before, s.aborted, s.reason.name, s.reason.code]`, "false,true,TimeoutError,23"},
		{"AbortSignal.timeout refuses what is no time", `return [-1, NaN, Infinity, 2 ** 53].map(n => { try { AbortSignal.timeout(n) } catch (e) { return e.name } }).join()`, "TypeError,TypeError,TypeError,TypeError"},
		{"AbortSignal.any follows the first", `let a = new AbortController(), b = new AbortController(), s = AbortSignal.any([a.signal, b.signal]); let before = s.aborted; b.abort("b"); a.abort("a"); return [before, s.aborted, s.reason]`, "false,true,b"},
		{"AbortSignal.any of one that is aborted already", `let s = AbortSignal.any([new AbortController().signal, AbortSignal.abort("x")]); return [s.aborted, s.reason]`, "true,x"},
		{"AbortSignal.any of none never aborts", `return AbortSignal.any([]).aborted`, "false"},
		{"AbortSignal.any of its own kind", `let c = new AbortController(), s = AbortSignal.any([AbortSignal.any([c.signal]), AbortSignal.any([])]); c.abort("deep"); return s.reason`, "deep"},
		{"events of dependents come after the source's, when all are aborted", `let c = new AbortController(), d = AbortSignal.any([c.signal]), e = AbortSignal.any([d]), s = []; for (let [n, g] of [["e", e], ["d", d], ["c", c.signal]]) g.addEventListener("abort", () => s.push(n, c.signal.aborted && d.aborted && e.aborted)); c.abort(); return s`, "c,true,d,true,e,true"},
		{"AbortSignal.any takes signals alone", `AbortSignal.any([{}])`, "throws TypeError: AbortSignal.any: one of the signals is not an AbortSignal"},
		{"AbortSignal.any takes a list", `AbortSignal.any(1)`, "throws TypeError: AbortSignal.any: the argument is not iterable"},
		{"a listener that throws stops nothing", `let c = new AbortController(), s = ""; c.signal.onabort = () => { throw 1 }; c.signal.addEventListener("abort", () => s += "b"); c.abort(); return s`, "b"},
	})
}
