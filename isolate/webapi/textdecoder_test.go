package webapi_test

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/htmlindex"
)

func TestTextEncoder(t *testing.T) {
	evalRows(t, []row{
		{"it encodes UTF-8", `return [...new TextEncoder().encode("aé€😀")].join()`, "97,195,169,226,130,172,240,159,152,128"},
		{"nothing is empty", `return [new TextEncoder().encode().length, new TextEncoder().encode(undefined).length, new TextEncoder().encode(null).length]`, "0,0,4"},
		{"a lone surrogate is replaced", `return [...new TextEncoder().encode("\uD800x")].join()`, "239,191,189,120"},
		{"it makes a Uint8Array over memory of its own", `let a = new TextEncoder().encode("ab"); return [a instanceof Uint8Array, a.byteOffset, a.buffer.byteLength]`, "true,0,2"},
		{"encoding", `return new TextEncoder().encoding`, "utf-8"},
		{"encodeInto writes whole characters", `let d = new Uint8Array(4), r = new TextEncoder().encodeInto("a€é", d); return [r.read, r.written, ...d].join()`, "2,4,97,226,130,172"},
		{"encodeInto counts code units", `let d = new Uint8Array(9), r = new TextEncoder().encodeInto("😀a", d); return [r.read, r.written].join()`, "3,5"},
		{"encodeInto cuts before a character that does not fit", `let d = new Uint8Array(3), r = new TextEncoder().encodeInto("😀", d); return [r.read, r.written, ...d].join()`, "0,0,0,0,0"},
		{"encodeInto writes to a part of a buffer", `let d = new Uint8Array(4), r = new TextEncoder().encodeInto("xyz", d.subarray(1, 3)); return [r.read, r.written, ...d].join()`, "2,2,0,120,121,0"},
		{"encodeInto takes a Uint8Array alone", `new TextEncoder().encodeInto("x", new Int8Array(1))`, "throws TypeError: encodeInto: the destination is not a Uint8Array"},
	})
}

func TestTextDecoder(t *testing.T) {
	const bytes = `let b = (...n) => new Uint8Array(n);`
	evalRows(t, []row{
		{"it decodes UTF-8", bytes + `return new TextDecoder().decode(b(97, 195, 169, 240, 159, 152, 128))`, "aé😀"},
		{"nothing is empty", `return [new TextDecoder().decode(), new TextDecoder().decode(undefined)].join("|")`, "|"},
		{"it takes any view", bytes + `let a = b(97, 98, 99); return [new TextDecoder().decode(a.buffer), new TextDecoder().decode(new DataView(a.buffer, 1)), new TextDecoder().decode(new Uint16Array(a.buffer.slice(0, 2)))]`, "abc,bc,ab"},
		{"it takes no string", `new TextDecoder().decode("x")`, "throws TypeError: decode: the argument is neither an ArrayBuffer nor a view of one"},
		{"broken bytes are replaced, one mark for each part of a character", bytes + `return new TextDecoder().decode(b(0xE2, 0x82, 0x41, 0xF0, 0x9F, 0x98, 0xFF, 0xC0, 0x80, 0xED, 0xA0, 0x80, 0xF4, 0x90))`, "\uFFFDA\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD"},
		{"broken bytes throw if fatal", bytes + `new TextDecoder("utf8", {fatal: true}).decode(b(0xFF))`, "throws TypeError: decode: the bytes are not valid utf-8"},
		{"a character cut off throws if fatal", bytes + `new TextDecoder("utf8", {fatal: true}).decode(b(0xE2, 0x82))`, "throws TypeError: decode: the bytes are not valid utf-8"},
		{"a byte order mark is dropped", bytes + `return new TextDecoder().decode(b(0xEF, 0xBB, 0xBF, 97)).length`, "1"},
		{"only the first one", bytes + `return new TextDecoder().decode(b(0xEF, 0xBB, 0xBF, 0xEF, 0xBB, 0xBF)).length`, "1"},
		{"a byte order mark is kept if asked for", bytes + `return new TextDecoder("utf-8", {ignoreBOM: true}).decode(b(0xEF, 0xBB, 0xBF, 97)).length`, "2"},
		{"a byte order mark in pieces is dropped", bytes + `let d = new TextDecoder(), s = ""; for (let n of [0xEF, 0xBB, 0xBF, 97, 0xEF, 0xBB, 0xBF]) s += d.decode(b(n), {stream: true}); return (s + d.decode()).length`, "2"},
		{"a stream joins characters", bytes + `let d = new TextDecoder(), s = ""; for (let n of [240, 159, 152, 128, 0xE2]) s += d.decode(b(n), {stream: true}) + "|"; return s + d.decode()`, "|||😀||\uFFFD"},
		{"after a stream the decoder is new", bytes + `let d = new TextDecoder(); d.decode(b(0xE2), {stream: true}); d.decode(); return d.decode(b(0xEF, 0xBB, 0xBF, 97))`, "a"},
		{"a stream fails where it breaks", bytes + `let d = new TextDecoder("utf-8", {fatal: true}); d.decode(b(0xE2), {stream: true}); try { d.decode(b(0x41), {stream: true}) } catch (e) { return e.name + d.decode(b(0x41)) }`, "TypeErrorA"},
		{"UTF-16, little-endian", bytes + `return new TextDecoder("utf-16").decode(b(0xFF, 0xFE, 0x61, 0, 0x3D, 0xD8, 0, 0xDE))`, "a😀"},
		{"UTF-16, big-endian", bytes + `return new TextDecoder("utf-16be").decode(b(0xFE, 0xFF, 0, 0x61, 0xD8, 0x3D, 0xDE, 0))`, "a😀"},
		{"UTF-16, lone surrogates and half a unit", bytes + `return new TextDecoder("utf-16le").decode(b(0, 0xDE, 0x3D, 0xD8, 0x61, 0, 0x3D, 0xD8, 7))`, "\uFFFD\uFFFDa\uFFFD"},
		{"UTF-16 in pieces", bytes + `let d = new TextDecoder("utf-16le"), s = ""; for (let n of [0x61, 0, 0x3D, 0xD8, 0, 0xDE]) s += d.decode(b(n), {stream: true}); return s + d.decode()`, "a😀"},
		{"UTF-16, fatal", bytes + `new TextDecoder("utf-16le", {fatal: true}).decode(b(0, 0xDE))`, "throws TypeError: decode: the bytes are not valid utf-16le"},
		{"Latin 1 is windows-1252", bytes + `let d = new TextDecoder("latin1"); return d.encoding + d.decode(b(0x80, 0xE4, 0x81))`, "windows-1252€ä\u0081"},
		{"an undefined byte throws if fatal", bytes + `new TextDecoder("windows-1253", {fatal: true}).decode(b(0xAA))`, "throws TypeError: decode: the bytes are not valid windows-1253"},
		{"Shift_JIS", bytes + `return new TextDecoder("sjis").decode(b(0x82, 0xA0, 0x41))`, "あA"},
		{"Shift_JIS in pieces", bytes + `let d = new TextDecoder("sjis"), s = ""; for (let n of [0x82, 0xA0, 0x82]) s += d.decode(b(n), {stream: true}) + "|"; return s + d.decode()`, "|あ||\uFFFD"},
		{"ISO-2022-JP keeps its state between pieces", bytes + `let d = new TextDecoder("iso-2022-jp"), s = ""; for (let n of [0x1B, 0x24, 0x42, 0x24, 0x22, 0x1B, 0x28, 0x42, 0x41]) s += d.decode(b(n), {stream: true}); return s + d.decode()`, "あA"},
		{"gb18030", bytes + `return new TextDecoder("gb18030").decode(b(0x81, 0x30, 0x81, 0x30, 0xC4, 0xE3))`, "\u0080你"},
		{"gb18030 in pieces", bytes + `let d = new TextDecoder("gb18030"), s = ""; for (let n of [0x90, 0x30, 0x81, 0x30, 0xC4, 0xE3, 0x84, 0x31, 0xA4]) s += d.decode(b(n), {stream: true}) + "|"; return s + d.decode()`, "|||\U00010000||你||||\uFFFD"},
		{"gb18030 has U+FFFD itself", bytes + `return new TextDecoder("gb18030", {fatal: true}).decode(b(0x84, 0x31, 0xA4, 0x37))`, "\uFFFD"},
		{"gb18030 of 2022", bytes + `return new TextDecoder("gbk", {fatal: true}).decode(b(0xA6, 0xD9, 0xFE, 0x59, 0xAA, 0xA1))`, "\uFE10\u9FB4\uE000"},
		{"EUC-JP with three bytes, in pieces", bytes + `let d = new TextDecoder("euc-jp"), s = ""; for (let n of [0x8F, 0xB0, 0xA1, 0x8E, 0xB1, 0x8F, 0xA1, 0x41]) s += d.decode(b(n), {stream: true}) + "|"; return s + d.decode()`, "||丂||ｱ|||\uFFFDA|"},
		{"Shift_JIS for private use", bytes + `return new TextDecoder("windows-31j").decode(b(0xF0, 0x40, 0xF9, 0xFC, 0x80, 0xB1))`, "\uE000\uE757\u0080ｱ"},
		{"Big5 with characters of two", bytes + `return new TextDecoder("big5").decode(b(0x88, 0x62, 0xA4, 0xA4))`, "\u00CA\u0304中"},
		{"ISO-2022-JP, one sequence after another", bytes + `return new TextDecoder("iso-2022-jp").decode(b(0x1B, 0x28, 0x42, 0x1B, 0x28, 0x4A, 0x5C))`, "\uFFFD¥"},
		{"x-user-defined", bytes + `return new TextDecoder("x-user-defined").decode(b(0x41, 0x80, 0xFF))`, "A\uF780\uF7FF"},
		{"ISO 8859 has control characters", bytes + `let d = new TextDecoder("logical"); return d.encoding + d.decode(b(0x85, 0xE0))`, "iso-8859-8-i\u0085א"},
		{"a label may have space around it, in any case", `return new TextDecoder(" \tUTF8\n").encoding`, "utf-8"},
		{"an unknown label throws", `new TextDecoder("utf-7")`, `throws RangeError: TextDecoder: "utf-7" is not the label of an encoding`},
		{"a label folds only ASCII", `new TextDecoder("\u212Aoi8-r")`, "throws RangeError: TextDecoder: \"\u212Aoi8-r\" is not the label of an encoding"},
		{"the replacement encoding has no decoder", `new TextDecoder("replacement")`, `throws RangeError: TextDecoder: "replacement" is not the label of an encoding`},
		{"its attributes", `let d = new TextDecoder("ascii", {fatal: 1}); return [d.encoding, d.fatal, d.ignoreBOM]`, "windows-1252,true,false"},
		{"options must be an object", `new TextDecoder("utf-8", 1)`, "throws TypeError: the options of a TextDecoder must be an object"},
	})
}

// Every name of the Encoding Standard decodes ASCII as it is, but for UTF-16.
func TestTextDecoderNames(t *testing.T) {
	t.Parallel()
	names := strings.Fields(`utf-8 ibm866 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8 iso-8859-8-i
		iso-8859-10 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 koi8-r koi8-u macintosh windows-874 windows-1250 windows-1251
		windows-1252 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 x-mac-cyrillic gbk gb18030 big5
		euc-jp iso-2022-jp shift_jis euc-kr x-user-defined`)
	for _, name := range names {
		src := fmt.Sprintf(`let d = new TextDecoder(%q); return d.encoding + d.decode(new Uint8Array([0x41, 0x7E]))`, name)
		if got := eval(t, src); got != name+"A~" {
			t.Errorf("%s: got %q", name, got)
		}
		if _, err := htmlindex.Get(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBase64(t *testing.T) {
	evalRows(t, []row{
		{"btoa", `return btoa("hi")`, "aGk="},
		{"btoa takes bytes", `return btoa("\x00\xff\x80")`, "AP+A"},
		{"btoa of nothing", `return [btoa(""), btoa(undefined), btoa(null)].join()`, ",dW5kZWZpbmVk,bnVsbA=="},
		{"btoa refuses what is no byte", `try { btoa("€") } catch (e) { return [e.name, e.code, e instanceof DOMException, e instanceof Error] }`, "InvalidCharacterError,5,true,true"},
		{"btoa needs an argument", `btoa()`, "throws TypeError: btoa: 1 argument(s) required, but only 0 present"},
		{"atob", `return atob("aGk=")`, "hi"},
		{"atob makes bytes", `let s = atob("AP+A"); return [s.length, ...[...s].map(c => c.charCodeAt())].join()`, "3,0,255,128"},
		{"atob forgives missing padding", `return atob("aGk")`, "hi"},
		{"atob forgives white space", `return atob(" a\tG\nk\f=\r")`, "hi"},
		{"atob forgives stray bits", `return atob("aGl=")`, "hi"},
		{"atob refuses half a byte", `try { atob("aGkaa") } catch (e) { return e.name }`, "InvalidCharacterError"},
		{"atob refuses padding in the middle", `try { atob("aG=k") } catch (e) { return e.name }`, "InvalidCharacterError"},
		{"atob refuses too much padding", `try { atob("aGk==") } catch (e) { return e.name }`, "InvalidCharacterError"},
		{"atob refuses other characters", `try { atob("aGk-") } catch (e) { return e.name }`, "InvalidCharacterError"},
		{"atob refuses other white space", `try { atob("aG\u00A0k") } catch (e) { return e.name }`, "InvalidCharacterError"},
		{"every byte survives", `let s = ""; for (let i = 0; i < 256; i++) s += String.fromCharCode(i); return atob(btoa(s)) === s`, "true"},
	})
}
