package js_test

import (
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
)

// Long texts and numbers come out as short ones do, wherever they are parted to be worked on.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	p, err := js.NewPlatform(js.Function{Name: "echo", Length: 1, Call: func(c *js.Call) (any, error) {
		return c.String(0), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, src, want string }{
		{"ASCII", `let s = "abcd".repeat(3e5); return echo(s) === s`, "true"},
		{"two bytes", `let s = "é".repeat(1e6) + "x"; return echo(s) === s`, "true"},
		{"three bytes", `let s = "x" + "€".repeat(1e6); return echo(s) === s`, "true"},
		{"pairs of surrogates", `let s = "x" + "😀".repeat(3e5); return echo(s) === s && echo(s + "é") === s + "é"`, "true"},
		{"a character on the border", `let s = "a".repeat(65535) + "😀" + "a".repeat(65535) + "é" + "a".repeat(1e6); return echo(s) === s`, "true"},
		{"surrogates alone", `let s = "\ud800".repeat(3e5); return echo(s) === "\ufffd".repeat(3e5)`, "true"},
		{"surrogates the wrong way round", `let s = "\udc00\ud800x".repeat(3e5); return echo(s) === "\ufffd\ufffdx".repeat(3e5)`, "true"},
		{"JSON of a string", `let s = "x😀é".repeat(3e5); return JSON.parse(JSON.stringify(s)) === s`, "true"},
		{"JSON of an escaped string", `let s = "\n😀\ud800é\"".repeat(3e5); return JSON.parse(JSON.stringify(s)) === s`, "true"},
		{"JSON of an escaped key", `let k = "\né".repeat(3e5); return JSON.parse(JSON.stringify({[k]: 1}))[k]`, "1"},
		{"JSON of a key with an escape in ASCII", `return JSON.parse('{"\\u0061\\n": 1}')["a\n"]`, "1"},
		{"JSON of a key", `let k = "é".repeat(3e5); return JSON.parse('{"' + k + '": 1}')[k]`, "1"},
		{"a number of many digits", `let s = "1" + "0".repeat(300) + "." + "0".repeat(2000); return JSON.parse(s)`, "1e+300"},
		{"a number of too many digits", `return JSON.parse("1".repeat(2000))`, "Infinity"},
		{"a long fraction", `return JSON.parse("0.1" + "0".repeat(2000) + "1")`, "0.1"},
		{"a small number", `return JSON.parse("-0." + "0".repeat(1000) + "25e+1001")`, "-2.5"},
		{"a large number made small", `return JSON.parse("12" + "0".repeat(1000) + "e-1000")`, "12"},
		{"what decides how to round stands far behind", `return JSON.parse("9007199254740993" + ".".padEnd(2000, "0")) + " " + JSON.parse("9007199254740993" + ".".padEnd(2000, "0") + "1")`,
			"9007199254740992 9007199254740994"},
		{"a long exponent", `return JSON.parse("1e" + "0".repeat(1000) + "2") + JSON.parse("1e-" + "9".repeat(1000))`, "100"},
		{"zeros", `return Object.is(JSON.parse("-0." + "0".repeat(1000)), -0)`, "true"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := jstest.Eval(t, p, nil, tc.src); got != tc.want {
				t.Errorf("got %.200q\nwant %q", got, tc.want)
			}
		})
	}
}
