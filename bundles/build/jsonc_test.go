package build

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseJSONC(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text string
		want any
	}{
		{`null`, nil}, {` true `, true}, {"\ufefffalse", false}, {`"x"`, "x"},
		{`0`, int64(0)}, {`-12`, int64(-12)}, {`1.5e3`, 1500.0}, {`1e400`, nil}, {`12345678901234567890`, 12345678901234567890.0},
		{`"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"`, "a\"\\/\b\f\n\r\té😀"},
		{`"\ud83d"`, "\ufffd"}, {`"\ud83dx"`, "\ufffdx"}, {`"\ud83d\u0041"`, "\ufffdA"}, {"\"\xff\"", "\ufffd"},
		{`[1, "a", [], {}]`, []any{int64(1), "a", []any{}, map[string]any{}}},
		{`{"a": 1, "b": {"c": null}}`, map[string]any{"a": int64(1), "b": map[string]any{"c": nil}}},
		{"// one\n{ /* two */ \"a\" /**/ : // three\n 1, /* } */ } // four", map[string]any{"a": int64(1)}},
		{`[1, 2,]`, []any{int64(1), int64(2)}},
		{strings.Repeat("[", 512) + strings.Repeat("]", 512), 512},
	} {
		n, err := parseJSONC(tc.text)
		if tc.text == "1e400" {
			if err == nil {
				t.Error("1e400 is a number")
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tc.text, err)
			continue
		}
		if depth, ok := tc.want.(int); ok {
			if n.offset != 0 {
				t.Errorf("depth %d: %v", depth, n)
			}
			continue
		}
		if got := plain(n); !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s: got %#v, want %#v", tc.text, got, tc.want)
		}
	}
}

func TestParseJSONCKeepsOrderAndPlaces(t *testing.T) {
	t.Parallel()
	n, err := parseJSONC(`{"z": 1, "a": [2, "x"], "z": 3}`)
	if err != nil {
		t.Fatal(err)
	}
	members := n.members()
	if len(members) != 3 || members[0].key != "z" || members[1].key != "a" || members[2].offset != 24 || members[1].value.offset != 14 {
		t.Errorf("got %+v", members)
	}
	if n.get("z").value != int64(3) {
		t.Error("of two equal keys the first wins")
	}
}

func TestParseJSONCRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text   string
		offset int
		reason string
	}{
		{``, 0, "the text ends too early"},
		{`nul`, 0, "expected a value"},
		{`{"a" 1}`, 5, `expected ":" after the key "a"`},
		{`{a: 1}`, 1, `expected a key in double quotes, or "}"`},
		{`{"a": 1 "b": 2}`, 8, `expected "," or "}"`},
		{`[1 2]`, 3, `expected "," or "]"`},
		{`[1`, 2, `expected "," or "]"`},
		{`{"a": 1} x`, 9, "something follows the end of the value"},
		{`"abc`, 4, "the string is not closed"},
		{"\"a\nb\"", 2, "the string is not closed"},
		{`"\`, 2, "the string is not closed"},
		{`"\x"`, 2, `\x is not an escape`},
		{`"\u12x4"`, 3, `\u is followed by four hexadecimal digits`},
		{`"\u1`, 3, "the escape is not complete"},
		{`/* x`, 0, "the comment is not closed"},
		{`--1`, 0, `"--1" is not a number`},
		{`[,]`, 1, "expected a value"},
		{strings.Repeat("[", 1_000_000), 513, "nested more than 512 deep"},
	} {
		n, err := parseJSONC(tc.text)
		wrong, ok := err.(*jsonError)
		if !ok || n != nil || wrong.offset != tc.offset || wrong.reason != tc.reason {
			t.Errorf("%.20s: got %+v, want %q at %d", tc.text, err, tc.reason, tc.offset)
		}
	}
}

func FuzzParseJSONC(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.5e3,"\u00e9"],}`, "// x\n[true,false,null]", `"\ud83d\ude00"`, `{"a":{"a":0}}`, `/**/`, `-0`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := parseJSONC(text)
		if wrong, ok := err.(*jsonError); ok {
			Message{Text: wrong.reason}.atOffset("f", text, wrong.offset, 1).Frame()
		}
		var want any
		if json.Unmarshal([]byte(text), &want) != nil {
			return
		}
		if err != nil {
			t.Fatalf("JSON, but %v", err)
		}
		// Numbers beyond int64 and float64 aside, both must read the same.
		if got, err := json.Marshal(plain(n)); err == nil && !strings.ContainsAny(text, ".eE-") && len(text) < 16 && utf8.ValidString(text) {
			if again, _ := json.Marshal(want); string(got) != string(again) {
				t.Errorf("%s: got %s, want %s", text, got, again)
			}
		}
	})
}

func FuzzParseTOML(f *testing.F) {
	for _, seed := range []string{"a = 1\n[b]\nc.d = [1, {e = 2}]\n[[f]]\n[[f.g]]\nh = 'x'\n[f.i]", "x = 2020-01-01", "a = \"\"\"\nx\"\"\"", "[a.b]\n[a]\nc = 1", "a.b = 1\na.c = 2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := parseTOML(text)
		if wrong, ok := err.(*jsonError); ok {
			Message{Text: wrong.reason}.atOffset("f", text, wrong.offset, 1).Frame()
			return
		}
		d := &document{file: "skerry.toml", text: text, root: n}
		(&Project{}).skerry(d)
		for _, m := range d.problems {
			m.Frame()
		}
		d.problems = nil
		(&Project{}).wrangler(d)
	})
}
