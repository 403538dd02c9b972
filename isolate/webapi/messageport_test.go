package webapi_test

import "testing"

func TestMessagePort(t *testing.T) {
	const later = `await wait(5); `
	refused := func(src string) string {
		return `let {port1, port2} = new MessageChannel(); try { ` + src + `; return "no error" } catch (e) { return e.name + ": " + e.message }`
	}
	timedRows(t, []row{
		{"what one port is given the other receives", `let {port1, port2} = new MessageChannel(), s; port2.onmessage = e => s = [e.data.a, e.target === port2, e.isTrusted, e instanceof MessageEvent, e.origin, e.source, e.ports.length]; port1.postMessage({a: 1}); ` + later + `return s`, "1,true,true,true,,,0"},
		{"not before the turn is over", `let {port1, port2} = new MessageChannel(), s = ""; port2.onmessage = e => s += e.data; port1.postMessage("a"); await 1; s += "|"; ` + later + `return s`, "|a"},
		{"in order, each in a turn of its own", `let {port1, port2} = new MessageChannel(), s = ""; port2.onmessage = e => { s += e.data; Promise.resolve().then(() => s += "-") }; for (let c of "abc") port1.postMessage(c); ` + later + `return s`, "a-b-c-"},
		{"both ways", `let {port1, port2} = new MessageChannel(); port2.onmessage = e => port2.postMessage(e.data + 1); return await new Promise(r => { port1.onmessage = e => r(e.data); port1.postMessage(1) })`, "2"},
		{"a listener alone receives nothing before start", `let {port1, port2} = new MessageChannel(), s = ""; port2.addEventListener("message", e => s += e.data); port1.postMessage("a"); ` + later + `s += "|"; port2.start(); ` + later + `return s`, "|a"},
		{"onmessage starts even as null", `let {port1, port2} = new MessageChannel(), s = ""; port2.addEventListener("message", e => s += e.data); port2.onmessage = null; port1.postMessage("a"); ` + later + `return s`, "a"},
		{"the message is a copy, made at once", `let {port1, port2} = new MessageChannel(), o = {a: 1}, s; port2.onmessage = e => s = [e.data.a, e.data !== o]; port1.postMessage(o); o.a = 2; ` + later + `return s`, "1,true"},
		{"what can't be copied is refused", refused(`port1.postMessage(() => 1)`), "DataCloneError: postMessage: a Function cannot be cloned"},
		{"buffers are handed over", `let {port1, port2} = new MessageChannel(), b = new ArrayBuffer(3), s; port2.onmessage = e => s = e.data.byteLength; port1.postMessage(b, [b]); let n = b.byteLength; ` + later + `return [n, s]`, "0,3"},
		{"by an option too", `let {port1, port2} = new MessageChannel(), b = new ArrayBuffer(3); port1.postMessage(1, {transfer: [b]}); return b.byteLength`, "0"},
		{"options must be an object", refused(`port1.postMessage(1, 2)`), "TypeError: the options of postMessage must be an object"},
		{"a port can be handed over", `let a = new MessageChannel(), b = new MessageChannel(), s; a.port2.onmessage = e => { let p = e.ports[0]; s = [e.data.p === p, p !== b.port2, Object.isFrozen(e.ports), e.ports === e.ports]; p.onmessage = e => s.push(e.data) }; b.port1.postMessage("before"); a.port1.postMessage({p: b.port2}, [b.port2]); b.port1.postMessage("after"); ` + later + `return s`, "true,true,true,true,before,after"},
		{"a port that was handed over is dead", `let a = new MessageChannel(), b = new MessageChannel(), n = 0; b.port1.onmessage = () => n++; a.port1.postMessage(1, [b.port2]); b.port2.postMessage(1); ` + later + `try { a.port1.postMessage(1, [b.port2]) } catch (e) { return n + e.name }`, "0DataCloneError"},
		{"a port can't be cloned", refused(`port1.postMessage(port2)`), "DataCloneError: postMessage: a MessagePort cannot be cloned"},
		{"a port can't hand itself over", refused(`port1.postMessage(1, [port1])`), "DataCloneError: postMessage: a port cannot be transferred by what it sends itself"},
		{"a port that its own other end receives is lost", refused(`port1.postMessage(1, [port2]); port1.postMessage(2)`), "no error"},
		{"structuredClone hands ports over", `let {port1, port2} = new MessageChannel(), p = structuredClone(port2, {transfer: [port2]}), s; p.onmessage = e => s = e.data; port1.postMessage("x"); ` + later + `return [p instanceof MessagePort, s]`, "true,x"},
		{"close cuts the channel", `let {port1, port2} = new MessageChannel(), s = ""; port2.onmessage = e => s += e.data; port1.postMessage("a"); port1.close(); port1.postMessage("b"); port2.postMessage("c"); ` + later + `return s`, "a"},
		{"the other end is told", `let {port1, port2} = new MessageChannel(), s; port2.onclose = e => s = e.type + (e.target === port2); port1.close(); ` + later + `return s`, "closetrue"},
		{"a closed port receives nothing more", `let {port1, port2} = new MessageChannel(), s = "none"; port2.onmessage = e => s = e.data; port1.postMessage("a"); port2.close(); ` + later + `return s`, "none"},
		{"a closed port can't be handed over", refused(`port1.close(); structuredClone(1, {transfer: [port1]})`), "DataCloneError: structuredClone: what is to be transferred was handed over before, or is in use"},
		{"a port that waits holds nothing up", `let {port2} = new MessageChannel(); port2.onmessage = () => 1; await new Promise(() => 1)`, "error js: the promise can never settle: no timer and no operation is under way"},
		{"a channel has two ports, always the same", `let c = new MessageChannel(); return [c.port1 === c.port1, c.port1 !== c.port2, c.port1 instanceof EventTarget]`, "true,true,true"},
		{"ports come from channels alone", `new MessagePort()`, "throws TypeError: Illegal constructor: MessagePort"},
		{"two thousand messages wait", `let {port1, port2} = new MessageChannel(), n = 0; for (let i = 0; i < 2000; i++) port1.postMessage(i); return await new Promise(r => port2.onmessage = e => { if (++n == 2000) r(e.data) })`, "1999"},
	})
}

func TestMessageEvent(t *testing.T) {
	evalRows(t, []row{
		{"it has what init says", `let p = new MessageChannel().port1, e = new MessageEvent("x", {data: 1, origin: "o", lastEventId: 2, source: p, ports: [p]}); return [e.data, e.origin, e.lastEventId, e.source === p, e.ports[0] === p, e instanceof Event]`, "1,o,2,true,true,true"},
		{"and nothing by default", `let e = new MessageEvent("x"); return JSON.stringify([e.data, e.origin, e.lastEventId, e.source, e.ports])`, `[null,"","",null,[]]`},
		{"ports must be ports", `new MessageEvent("x", {ports: [1]})`, "throws TypeError: ports: one of the values is not a MessagePort"},
		{"the source must be a port", `new MessageEvent("x", {source: {}})`, "throws TypeError: source: the value is not a MessagePort"},
		{"initMessageEvent", `let e = new MessageEvent("x"); e.initMessageEvent("y", true, false, 1, "o", "i"); return [e.type, e.bubbles, e.data, e.origin, e.lastEventId, e.source, e.ports.length]`, "y,true,1,o,i,,0"},
	})
}

func TestErrorEvent(t *testing.T) {
	evalRows(t, []row{
		{"it has what init says", `let e = new ErrorEvent("error", {message: "m", filename: "f", lineno: 1, colno: 2.7, error: 3, cancelable: true}); return [e.message, e.filename, e.lineno, e.colno, e.error, e.cancelable, e.type]`, "m,f,1,2,3,true,error"},
		{"and nothing by default", `let e = new ErrorEvent("x"); return [e.message, e.filename, e.lineno, e.colno, typeof e.error]`, ",,0,0,undefined"},
		{"lines are unsigned", `return new ErrorEvent("x", {lineno: -1}).lineno`, "4294967295"},
		{"a rejection needs a promise", `new PromiseRejectionEvent("x", {})`, "throws TypeError: PromiseRejectionEvent: init.promise is not a promise"},
		{"and has it", `let p = Promise.resolve(), e = new PromiseRejectionEvent("x", {promise: p, reason: 1}); return [e.promise === p, e.reason]`, "true,1"},
	})
}
