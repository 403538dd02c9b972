package webapi_test

import "testing"

func TestMarksAndMeasures(t *testing.T) {
	const two = `performance.now(); await wait(10); performance.mark("a"); await wait(20); performance.mark("b", {detail: {x: 1}}); await wait(30); `
	timedRows(t, []row{
		{"a mark has a time", two + `let m = performance.getEntriesByName("b")[0]; return [m instanceof PerformanceMark, m instanceof PerformanceEntry, m.name, m.entryType, m.startTime, m.duration, m.detail.x]`, "true,true,b,mark,30,0,1"},
		{"a measure between marks", two + `let m = performance.measure("m", "a", "b"); return [m instanceof PerformanceMeasure, m.startTime, m.duration, m.entryType, m.detail]`, "true,10,20,measure,"},
		{"to now", two + `let m = performance.measure("m", "a"); return [m.startTime, m.duration]`, "10,50"},
		{"from the beginning", two + `let m = performance.measure("m"); return [m.startTime, m.duration]`, "0,60"},
		{"by options", two + `let m = performance.measure("m", {start: 5, end: "b", detail: [1]}); return [m.startTime, m.duration, m.detail]`, "5,25,1"},
		{"by a duration and an end", two + `let m = performance.measure("m", {duration: 5, end: "b"}); return [m.startTime, m.duration]`, "25,5"},
		{"by a duration and a start", two + `let m = performance.measure("m", {duration: 5, start: "b"}); return [m.startTime, m.duration]`, "30,5"},
		{"empty options are none", two + `let m = performance.measure("m", {}, "b"); return [m.startTime, m.duration]`, "0,30"},
		{"the latest mark of a name counts", `performance.now(); performance.mark("a"); await wait(5); performance.mark("a"); await wait(5); return performance.measure("m", "a").duration`, "5"},
		{"a mark that is none", `performance.measure("m", "none")`, "throws SyntaxError: measure: there is no mark none"},
		{"options with too much", `performance.measure("m", {start: 1, end: 2, duration: 1})`, "throws TypeError: measure: the options have start, end and duration, which is one too many"},
		{"options with too little", `performance.measure("m", {detail: 1})`, "throws TypeError: measure: the options have neither start nor end"},
		{"two ends", `performance.measure("m", {start: 1}, "b")`, "throws TypeError: measure: an end is given twice: in the options, and after them"},
		{"a mark in the past", `let m = performance.mark("p", {startTime: 2.5}); return m.startTime`, "2.5"},
		{"a mark before time", `performance.mark("p", {startTime: -1})`, "throws TypeError: the startTime of a mark is neither 0 nor a positive number"},
		{"what can't be copied", `performance.mark("p", {detail: () => 1})`, "throws DataCloneError: detail: a Function cannot be cloned"},
		{"entries are in order of time", `performance.mark("b", {startTime: 2}); performance.mark("a", {startTime: 1}); performance.measure("m", {start: 1.5, end: 3}); return performance.getEntries().map(e => e.name)`, "a,m,b"},
		{"by type", two + `performance.measure("m"); return [performance.getEntriesByType("mark").length, performance.getEntriesByType("measure").length, performance.getEntriesByType("x").length]`, "2,1,0"},
		{"by name and type", two + `performance.measure("a"); return [performance.getEntriesByName("a").length, performance.getEntriesByName("a", "measure").length]`, "2,1"},
		{"clearing", two + `performance.measure("a"); performance.clearMarks("a"); let n = performance.getEntries().length; performance.clearMarks(); let o = performance.getEntries().length; performance.clearMeasures(); return [n, o, performance.getEntries().length]`, "2,1,0"},
		{"JSON", `return JSON.stringify([performance.mark("a", {startTime: 1, detail: 2}), performance.measure("m", {start: 1, end: 3})])`, `[{"name":"a","entryType":"mark","startTime":1,"duration":0,"detail":2},{"name":"m","entryType":"measure","startTime":1,"duration":2,"detail":null}]`},
		{"a mark that is made is not remembered", `new PerformanceMark("x"); return performance.getEntries().length`, "0"},
		{"the older half of too many is forgotten", `for (let i = 0; i <= 10000; i++) performance.mark("m" + i); return [performance.getEntries().length, performance.getEntriesByName("m4999").length, performance.getEntriesByName("m5000").length]`, "5001,0,1"},
	})
}
