package js_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
)

func TestRegExp(t *testing.T) {
	t.Parallel()
	p, err := js.NewPlatform()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, src, want string }{
		{"exec finds groups", `return JSON.stringify(/(a)(b)?(c)/.exec("xac"))`, `["ac","a",null,"c"]`},
		{"exec says where", `const m = /b/.exec("abc"); return m.index + m.input + m.groups`, "1abcundefined"},
		{"named groups", `const {y, m} = /(?<y>\d+)-(?<m>\d+)/.exec("2026-11").groups; return y + "/" + m`, "2026/11"},
		{"a name in two alternatives", `return [.../(?<x>a)|(?<x>b)/g[Symbol.matchAll]("ab")].map(m => m.groups.x).join()`, "a,b"},
		{"a name in two alternatives, replaced", `return "ab".replace(/(?<x>a)|(?<x>b)/g, "[$<x>]")`, "[a][b]"},
		{"groups are forgotten in a loop's next round", `return JSON.stringify(/(z)((a+)?(b+)?(c))*/.exec("zaacbbbcac"))`, `["zaacbbbcac","z","ac","a",null,"c"]`},
		{"look-ahead with groups", `return JSON.stringify(/(?=(a+))a*b\1/.exec("baaabac"))`, `["aba","a"]`},
		{"look-behind", `return "a1b22".replace(/(?<=b)\d+/, "!")`, "a1b!"},
		{"global exec walks", `const r = /a(.)/g; let s = ""; for (let m; m = r.exec("abacad");) s += m[1] + r.lastIndex; return s + r.lastIndex`, "b2c4d60"},
		{"global exec looks back", `const r = /\bx/g; let n = ""; for (let m; m = r.exec("x ax xx");) n += m.index + " "; return n`, "0 5 "},
		{"global exec, lines", `const r = /^./gm; let s = ""; for (let m; m = r.exec("ab\ncd\nef");) s += m[0] + m.index; return s`, "a0c3e6"},
		{"global exec, the start alone", `const r = /^a/g; r.lastIndex = 1; return String(r.exec("aa")) + r.lastIndex`, "null0"},
		{"global exec, groups after a boundary", `const r = /\b(\w)(\w*)/g; r.lastIndex = 1; const m = r.exec("ab cd"); return m.index + m[1] + m[2] + r.lastIndex`, "3cd5"},
		{"a replacer that keeps its arguments", `const seen = []; "a-b".replace(/[ab]/g, new Proxy(() => "", {apply(f, self, args) { seen.push(args) }})); return seen.join("|")`, "a,0,a-b|b,2,a-b"},
		{"sticky", `const r = /a/y; return [r.test("ba"), r.lastIndex, (r.lastIndex = 1, r.test("ba")), r.lastIndex].join()`, "false,0,true,2"},
		{"sticky with a boundary", `const r = /\bb/y; r.lastIndex = 1; return r.test("ab") + "," + (r.lastIndex = 2, r.test("a b"))`, "false,true"},
		{"sticky, backtracking", `const r = /(?=b)b/y; r.lastIndex = 1; return r.test("cab") + "," + (r.lastIndex = 2, r.test("cab"))`, "false,true"},
		{"lastIndex past the end", `const r = /a/g; r.lastIndex = 9; return r.test("aa") + "," + r.lastIndex`, "false,0"},
		{"lastIndex converts", `const r = /a/g; r.lastIndex = {valueOf() { return 1 }}; return r.exec("aaa").index`, "1"},
		{"lastIndex is left alone without g and y", `const r = /a/; r.lastIndex = 7; r.test("a"); return r.lastIndex`, "7"},
		{"frozen", `const r = Object.freeze(/a/g); try { r.test("a") } catch (e) { return e.name }`, "TypeError"},
		{"own exec counts for test", `const r = /a/; r.exec = () => null; return r.test("a")`, "false"},
		{"own exec must return an object", `const r = /a/; r.exec = () => 1; try { r.test("a") } catch (e) { return e.name }`, "TypeError"},
		{"exec of the prototype replaced", `const e = RegExp.prototype.exec; RegExp.prototype.exec = function (s) { const m = e.call(this, s); if (m) m[0] = "!"; return m }; return "abc".match(/b/)[0]`, "!"},
		{"subclass", `class R extends RegExp { exec(s) { const m = super.exec(s); if (m) m[0] = m[0].toUpperCase(); return m } } return "xay".replace(new R("a"), "[$&]")`, "x[A]y"},
		{"subclass keeps its class", `class R extends RegExp {} return new R("a", "g") instanceof R && new R("a").source + new R("a", "g").flags`, "ag"},
		{"bad receiver", `try { RegExp.prototype.exec.call({}, "a") } catch (e) { return e.name }`, "TypeError"},
		{"test of any object", `return RegExp.prototype.test.call({exec() { return {} }}, "")`, "true"},

		{"match without g is exec", `return "abc".match(/(b)/).index`, "1"},
		{"match all", `return "a1b2".match(/\d/g).join()`, "1,2"},
		{"match none", `return "ab".match(/\d/g)`, "null"},
		{"match the empty string", `return "ab".match(/x*/g).length`, "3"},
		{"match of a string", `return "a.c abc".match("a.c").index + "abc".match().length`, "1"},
		{"matchAll", `return [..."a1b2".matchAll(/([a-z])(\d)/g)].map(m => m[2] + m[1] + m.index).join()`, "1a0,2b2"},
		{"matchAll needs g", `try { "a".matchAll(/a/) } catch (e) { return e.name }`, "TypeError"},
		{"matchAll of a string", `return [..."aXa".matchAll("a")].length`, "2"},
		{"search", `const r = /b/g; r.lastIndex = 2; return "abc".search(r) + "," + r.lastIndex + "," + "abc".search("x")`, "1,2,-1"},
		{"search, sticky", `return "ab".search(/b/y)`, "-1"},

		{"replace the first", `return "aaa".replace(/a/, "b")`, "baa"},
		{"replace all", `return "aXbX".replace(/x/gi, "-")`, "a-b-"},
		{"replace with parts", "return 'abc'.replace(/(b)/, \"[$`|$&|$'|$1|$$|$2|$01|$10]\")", "a[a|b|c|b|$|$2|b|b0]c"},
		{"replace, no named groups", `return "ab".replace(/b/, "$<x>")`, "a$<x>"},
		{"replace, no such name", `return "ab".replace(/(?<x>b)/, "<$<y>>")`, "a<>"},
		{"replace, an open name", `return "ab".replace(/(?<x>b)/, "$<x")`, "a$<x"},
		{"replace, a dollar at the end", `return "ab".replace(/b/, "$")`, "a$"},
		{"replace, a group that did not match", `return "ab".replace(/(x)?b/, "[$1]")`, "a[]"},
		{"replace with a function", `return "a1b2".replace(/([a-z])(\d)/g, (m, l, d, at, s) => d + l + at + s.length)`, "1a042b24"},
		{"replace with a function, names", `return "ab".replace(/(?<l>a)(x)?/, (...args) => args.length + args.at(-1).l + args[2])`, "6aundefinedb"},
		{"replace by what converts", `return "a1".replace(/1/, () => ({toString() { return "x" }})) + "a1".replace(/1/, null)`, "axanull"},
		{"replace by a symbol", `try { "a".replace(/a/, () => Symbol()) } catch (e) { return e.name }`, "TypeError"},
		{"replace the empty string", `return "ab".replace(/x*/g, "-") + "ab".replace(/$/, "!")`, "-a-b-ab!"},
		{"replace, sticky", `return "aab".replace(/a/y, "x") + "aaba".replace(/a/gy, "x")`, "xabxxba"},
		{"replace moves lastIndex", `const r = /a/y; "aa".replace(r, ""); return r.lastIndex`, "1"},
		{"replace changes its expression", `const r = /a/g; return "aaa".replace(r, () => { r.lastIndex = 2; r.compile("b"); return "x" }) + r.source`, "xxxb"},
		{"replace by steps", `const r = /a/; r.exec = () => ({0: "q", index: 1, length: 2, 1: "g"}); return "abcd".replace(r, "<$&$1>")`, "a<qg>cd"},
		{"replace by steps, out of order", `let n = 0; const r = /a/g; r.exec = () => [{0: "d", index: 3, length: 1}, {0: "a", index: 0, length: 1}, null][n++]; return "abcd".replace(r, "-")`, "abc-"},
		{"replace by steps, groups of no end", `const r = /a/; r.exec = () => ({0: "a", index: 0, length: 2 ** 53}); try { "a".replace(r, "") } catch (e) { return e.name }`, "RangeError"},

		{"split", `return JSON.stringify("a, b,c".split(/,\s*/))`, `["a","b","c"]`},
		{"split keeps groups", `return JSON.stringify("a1b2c".split(/(\d)/))`, `["a","1","b","2","c"]`},
		{"split keeps groups that did not match", `return JSON.stringify("a1b".split(/(x)?\d/))`, `["a",null,"b"]`},
		{"split into characters", `return JSON.stringify("abc".split(/(?:)/))`, `["a","b","c"]`},
		{"split, limited", `return JSON.stringify(["a1b2c".split(/\d/, 2), "a1b".split(/(\d)/, 2), "a".split(/x/, 0), "a1b1c".split(/1/, -1)])`, `[["a","b"],["a","1"],[],["a","b","c"]]`},
		{"split the empty string", `return JSON.stringify(["".split(/x/), "".split(/(?:)/)])`, `[[""],[]]`},
		{"split at the ends", `return JSON.stringify("1a1".split(/1/))`, `["","a",""]`},
		{"split, no match at the end", `return JSON.stringify("ab".split(/$/))`, `["ab"]`},
		{"split by boundaries", `return JSON.stringify("ab cd".split(/\b/))`, `["ab"," ","cd"]`},
		{"split by a species", `class R extends RegExp { static get [Symbol.species]() { return function (p, f) { return new RegExp("b", f) } } } return "abc".split(new R("x")).join("|")`, "a|c"},

		{"units without u", `return "\u{1f600}".match(/./g).length`, "2"},
		{"points with u", `return "a\u{1f600}b".replace(/./gu, "-") + /^.$/u.test("\u{1f600}")`, "---true"},
		{"points have places", `const m = /(b)(c)/u.exec("\u{1f600}bc"); return m.index + m[1] + m[2]`, "2bc"},
		{"points, backtracking", `const m = /(?=b)b/u.exec("\u{1f600}b"); return m.index`, "2"},
		{"points, from within", `const r = /b/gu; r.lastIndex = 1; return r.exec("\u{1f600}b").index`, "2"},
		{"points, the empty string", `return "\u{1f600}".replace(/(?:)/gu, "-").length`, "4"},
		{"beyond ASCII", `return "äöü".replace(/ö/, "x") + /\u00e4/.exec("bä").index + "ÄB".match(/ä/i)[0]`, "äxü1Ä"},
		{"beyond ASCII, global", `return "éaéb".replace(/\b[ab]/g, "!") + "éé".split(/é/).length`, "é!é!3"},
		{"lone surrogates", `return /\ud83d/.test("\ud83d\ude00") + "," + /\ud83d/u.test("\ud83d\ude00")`, "true,false"},
		{"case, beyond ASCII", `return /Ω/i.test("ω")`, "true"},
		{"properties", `return "aé1".replace(/\p{L}/gu, "-") + new RegExp("^\\p{Lu}$", "u").test("É")`, "--1true"},
		{"a difference of classes", `return "a_b3z".replace(/[[a-z0-9]--[b\d]]/gv, "-")`, "-_b3-"},
		{"an intersection of classes", `return "aé1Ω".replace(/[\p{L}&&[^a-z]]/gv, "-")`, "a-1-"},
		{"a class in a class", `return "a1-é".replace(/[^[a-z][\d]]/gv, "!")`, "a1!!"},
		{"strings in a class", `return "abc ab a".replace(/[\q{abc|ab}a]/gv, "-") + /^[\q{}x]y/v.test("y")`, "- - -true"},
		{"a class with nothing in it", `return /[a--a]/v.test("a") + "," + /[^[\d--\d]]/v.test("a")`, "false,true"},
		{"points in a class of classes", `return "\u{1f600}\u{1f601}".replace(/[[\u{1f600}-\u{1f64f}]--\u{1f601}]/gv, "-")`, "-\U0001f601"},
		{"a class of classes ignores case", `return "aBcD".replace(/[[a-z]--[cd]]/giv, "-")`, "--cD"},
		{"escapes are strict with v", `let s = ""; for (const p of ["\\m", "\\-", "[\\-]", "[a--\\-]", "[a&&", "[(]&&]", "[[a]--b-a]", "[\\q{a]"]) try { new RegExp(p, "v"); s += "1" } catch (e) { s += e.name[0] } return s`, "SS11SSSS"},
		{"classes that are much work", `try { new RegExp("[" + "\\p{L}&&".repeat(5000) + "a]", "v") } catch (e) { return e.name }`, "SyntaxError"},
		{"classes that nest deep", `try { new RegExp("[".repeat(5000) + "]".repeat(5000), "v") } catch (e) { return e.name }`, "SyntaxError"},
		{"the source is what was written", `return new RegExp("\\p{Lu}", "u").source + new RegExp("").source`, `\p{Lu}(?:)`},

		{"made of another", `const r = new RegExp(/a/g); return r.source + r.flags + new RegExp(/a/g, "i").flags + (RegExp(/a/) === /a/)`, "agifalse"},
		{"called", `const r = /a/; return RegExp(r) === r && RegExp("b", "g") + ""`, "/b/g"},
		{"made of what is like one", `return new RegExp({[Symbol.match]: true, source: "a", flags: "y"}) + ""`, "/a/y"},
		{"converts in order", `let s = ""; new RegExp({toString() { s += 1; return "" }}, {toString() { s += 2; return "" }}); return s`, "12"},
		{"of a symbol", `try { new RegExp(Symbol()) } catch (e) { return e.name }`, "TypeError"},
		{"bad pattern", `try { new RegExp("(") } catch (e) { return e.name }`, "SyntaxError"},
		{"bad flags", `let s = ""; for (const f of ["x", "gg", "G"]) try { new RegExp("known", f) } catch (e) { s += e.name } new RegExp("known"); try { new RegExp("known", "x") } catch (e) { s += e.name } return s`, "SyntaxErrorSyntaxErrorSyntaxErrorSyntaxError"},
		{"kept patterns are apart", `const a = new RegExp("k(.)", "g"), b = new RegExp("k(.)", "g"); a.lastIndex = 1; return b.lastIndex + a.exec("kakb")[1] + b.exec("kakb")[1] + new RegExp("k(.)", "i").flags`, "0bai"},
		{"compile", `const r = /a/g; r.lastIndex = 2; r.compile("b", "i"); return r + "" + r.lastIndex + r.test("B")`, "/b/i0true"},
		{"too long", `try { new RegExp("a".repeat(1e6)) } catch (e) { return e.name + e.message }`, "SyntaxErrorRegular expression too large"},
		{"too deep", `try { new RegExp("(".repeat(500) + ")".repeat(500)) } catch (e) { return e.name }`, "SyntaxError"},
		{"repeated too often", `try { "".match("(?:a{1000}){50}") } catch (e) { return e.name } return "ok"`, "ok"},
		{"repeated too often, in turn", `try { "".search("a{1000}".repeat(70)) } catch (e) { return e.name }`, "SyntaxError"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := jstest.Eval(t, p, nil, tc.src); got != tc.want {
				t.Errorf("eval(%s)\n got %q\nwant %q", tc.src, got, tc.want)
			}
		})
	}
}

// TestCharacterSets holds patterns that are sets of characters to the same patterns as the
// engine's matcher takes them, with a group around.
func TestCharacterSets(t *testing.T) {
	t.Parallel()
	p, err := js.NewPlatform()
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{
		`[&<>"']`, `[a-c]`, `[^a-c]`, `[a-c]+`, `[^a-c]+`, `a`, `a+`, `,`, `\.`, `\+`, `\++`, `\\`, `\/`, `\s`, `\s+`, `\d`, `\d+`, `\w+`,
		`[\s,]+`, `[\d.]`, `[\w-]+`, `[-a]`, `[a-]`, `[+\-*]`, `[a-c-e]`, `[a-c-e-g]`, `[--9]`, `[\t-x]`, `[A-z]`, `[]`, `[^]`, `[^]+`, `[]+`,
		`[^-]`, `[\]]`, `[\]-a]`, `[\\]`, `[.*+?^${}()|[\]\\]`, `[[]`, `[a]-x]`, `[a]b`, `[a]+?`, `a+?`, `\D`, `\S+`, `\b`, `[\b]`, `.`, `^`, `$`,
		`é`, `[é]`, `[a-é]`, `[^é]`, `\u0061`, `[\x61]`, `a|b`, `(a)`, `a{2}`, `[a]{2}`, `\n`, `[\n\r]+`, `"`, `]`, `}`, `/`, `-`, `[/]`, `[\^]`, `[a^]`,
	} {
		for _, flags := range []string{"g", "gi", "gu", "gs", "gm", "gy", ""} {
			const src = `const pattern = %s, flags = %s;
				let set, other;
				try { set = new RegExp(pattern, flags); other = new RegExp("(?:(?:))(" + pattern + ")", flags) } catch { return "" }
				for (const s of ["", "a", "b&<c>'\"", "aabbcc-dd", "x.y/z\\]^[", " \t\n\u00a0\u2028 1,2 ", "caf\u00e9 aa", "\ud83d\ude00a\ud83d", "+*?${}()|--", "AZaz_09 +a+", "\b"]) {
					const f = m => "{" + m + "}";
					const a = JSON.stringify([s.replace(set, f), s.replace(set, "[$&$']"), s.split(set).join("|"), set.test(s), set.lastIndex]);
					const b = JSON.stringify([s.replace(other, (m, g) => f(g)), s.replace(other, "[$1$']"), s.split(new RegExp("(?:(?:))(?:" + pattern + ")", flags)).join("|"), other.test(s), other.lastIndex]);
					if (a !== b) return JSON.stringify(s) + ": " + a + ", want " + b;
				}
				return ""`
			if got := jstest.Eval(t, p, nil, fmt.Sprintf(src, quote(pattern), quote(flags))); got != "" {
				t.Errorf("/%s/%s on %s", pattern, flags, got)
			}
		}
	}
}

func quote(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}
