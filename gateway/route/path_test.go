package route_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	whatwg "github.com/nlnwa/whatwg-url/url"

	"github.com/skerry-edge/skerry/gateway/route"
)

func TestPath(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, path, want string }{
		{"a plain path stays", "/a/b-c_d~e.f", "/a/b-c_d~e.f"},
		{"a dot segment goes", "/a/./b", "/a/b"},
		{"two dots take the segment before along", "/a/../b", "/b"},
		{"more of them stop at the root", "/a/../../b", "/b"},
		{"encoded dots are dots", "/a/%2e%2E/%2e%2e/b", "/b"},
		{"half encoded ones too", "/a/.%2e/%2e./b", "/b"},
		{"dots at the end leave a slash", "/a/b/..", "/a/"},
		{"one dot at the end too", "/a/.", "/a/"},
		{"nothing but dots is the root", "/..", "/"},
		{"three dots are a name", "/.../a", "/.../a"},
		{"dots within a name stay", "/a..b/c.", "/a..b/c."},
		{"an encoded dot within a name stays encoded", "/a%2eb", "/a%2eb"},
		{"double slashes stay", "//evil//x", "//evil//x"},
		{"two dots take an empty segment too", "/a//../b", "/a/b"},
		{"a mix", "//evil/..//admin", "///admin"},
		{"an encoded slash stays", "/a%2fb", "/a%2fb"},
		{"an encoded backslash stays", "/a%5cb", "/a%5cb"},
		{"an encoded letter stays", "/%61dmin", "/%61dmin"},
		{"an encoded percent sign stays", "/%2561dmin", "/%2561dmin"},
		{"a percent sign that encodes nothing stays", "/a%zz%", "/a%zz%"},
		{"bytes above ASCII are encoded", "/\xc3\xa9\xff", "/%C3%A9%FF"},
		{"characters that the standard encodes are", "/\"<>^`{}|'", "/%22%3C%3E%5E%60%7B%7D|'"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got, err := route.Path(tc.path); got != tc.want || err != nil {
				t.Errorf("Path(%q) = %q, %v, want %q", tc.path, got, err, tc.want)
			}
		})
	}
}

func TestPathRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, path, want string }{
		{"an empty one", "", "does not begin"},
		{"a relative one", "a", "does not begin"},
		{"a space", "/a b", "control character"},
		{"a line feed", "/a\nb", "control character"},
		{"DEL", "/a\x7f", "control character"},
		{"NUL", "/a\x00", "control character"},
		{"an encoded NUL", "/a%00b", `"%00"`},
		{"a backslash", `/a\b`, "backslash"},
		{"a question mark", "/a?b", `"?"`},
		{"a number sign", "/a#b", `"#"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got, err := route.Path(tc.path); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Path(%q) = %q, %v, want an error with %q", tc.path, got, err, tc.want)
			}
		})
	}
}

func TestQuery(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, query, want string }{
		{"a plain one stays", "a=b&c=%20d+e/?", "a=b&c=%20d+e/?"},
		{"quotes and brackets are encoded", `a="b"<c>'d'`, "a=%22b%22%3Cc%3E%27d%27"},
		{"bytes above ASCII are encoded", "q=\xc3\xa9", "q=%C3%A9"},
		{"a backslash stays", `a\b`, `a\b`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got, err := route.Query(tc.query); got != tc.want || err != nil {
				t.Errorf("Query(%q) = %q, %v, want %q", tc.query, got, err, tc.want)
			}
		})
	}
	for _, query := range []string{"a b", "a#b", "a\x01"} {
		if got, err := route.Query(query); err == nil {
			t.Errorf("Query(%q) = %q, want an error", query, got)
		}
	}
}

func TestHost(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, scheme, host, want string }{
		{"a plain one stays", "http", "shop.localhost", "shop.localhost"},
		{"a port stays", "http", "a:8787", "a:8787"},
		{"the port of the scheme goes", "http", "a:80", "a"},
		{"that of the other scheme stays", "http", "a:443", "a:443"},
		{"https has its own", "https", "a:443", "a"},
		{"an empty port goes", "http", "a:", "a"},
		{"zeros before a port go", "http", "a:0081", "a:81"},
		{"upper case goes", "http", "A.B:81", "a.b:81"},
		{"a trailing dot goes", "http", "a.b.:81", "a.b:81"},
		{"underscores stay", "http", "_a.b_c", "_a.b_c"},
		{"IPv4", "http", "127.0.0.1:8787", "127.0.0.1:8787"},
		{"IPv6", "http", "[::1]:8787", "[::1]:8787"},
		{"IPv6 that can be shorter", "http", "[0:0:0:0:0:0:0:1]", "[::1]"},
		{"IPv6 in upper case", "http", "[2001:DB8::A]", "[2001:db8::a]"},
		{"IPv4 in IPv6", "http", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"},
		{"Punycode", "http", "xn--bcher-kva.example", "xn--bcher-kva.example"},
		{"a number that is not last", "http", "127.a", "127.a"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got, err := route.Host(tc.scheme, tc.host); got != tc.want || err != nil {
				t.Errorf("Host(%q, %q) = %q, %v, want %q", tc.scheme, tc.host, got, err, tc.want)
			}
		})
	}
}

func TestHostRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, host, want string }{
		{"an empty one", "", "empty"},
		{"only a port", ":80", "empty"},
		{"only a dot", ".", "empty"},
		{"user information", "u@evil", "'@'"},
		{"a path", "a/b", "'/'"},
		{"a space", "a b", "' '"},
		{"NUL", "a\x00b", `'\x00'`},
		{"a percent sign", "a%2eb", "'%'"},
		{"bytes above ASCII", "é", "character"},
		{"an empty label", "a..b", "empty label"},
		{"an empty label first", ".a", "empty label"},
		{"two trailing dots", "a..", "empty label"},
		{"a port that is no number", "a:b", "not a number"},
		{"a port with a sign", "a:+80", "not a number"},
		{"a port above 65535", "a:99999", "above 65535"},
		{"two colons", "a:1:2", "not a number"},
		{"IPv4 in hexadecimal", "0x7f.1", "dotted form"},
		{"IPv4 in one number", "2130706433", "dotted form"},
		{"IPv4 in octal", "0177.0.0.1", "dotted form"},
		{"a name that ends in a number", "a.1", "dotted form"},
		{"an open bracket", "[::1", "not closed"},
		{"characters after the bracket", "[::1]a", "after its bracket"},
		{"brackets around a name", "[a]", "not an IPv6"},
		{"brackets around IPv4", "[127.0.0.1]", "not an IPv6"},
		{"a zone", "[fe80::1%eth0]", "not an IPv6"},
		{"Punycode that decodes to nothing", "xn--a", "URL standard"},
		{"a name that is too long", strings.Repeat("a.", 150) + "b", "253"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got, err := route.Host("http", tc.host); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Host(%q) = %q, %v, want an error with %q", tc.host, got, err, tc.want)
			}
		})
	}
}

func TestCanonicalFormsAreNotCopied(t *testing.T) {
	for _, tc := range []struct {
		name string
		call func()
	}{
		{"host", func() { route.Host("http", "shop.localhost:8787") }},
		{"path", func() { route.Path("/api/v1/users/%20x") }},
		{"query", func() { route.Query("a=b&c=d") }},
	} {
		if n := testing.AllocsPerRun(100, tc.call); n != 0 {
			t.Errorf("%s: %v allocations, want 0", tc.name, n)
		}
	}
}

// FuzzURL holds the promise that router and function read one URL: what is accepted is a
// fixed point of the URL standard's parser, and the standard's own reading of what came in.
func FuzzURL(f *testing.F) {
	f.Add("a", "/a/../b", "q=1")
	f.Add("[::ffff:1.2.3.4]:80", "/%2e%2e/%2f", "")
	f.Add("A.b.:8080", "//x/.%2E/y\xff", "a='b'")
	f.Add("xn--bcher-kva.a", `/\..\`, "\"")
	f.Add("1.2.3.4", "/...", "#")
	f.Add("18700000000000000000a", "/", "")
	f.Add("-0", "/", "")
	f.Add("0x.b", "/a;x=1", "%00")
	f.Fuzz(func(t *testing.T, host, path, query string) {
		h, err := route.Host("http", host)
		if err != nil {
			t.Skip("SKIPPED: no request has this form")
		}
		p, err := route.Path(path)
		if err != nil {
			t.Skip("SKIPPED: no request has this form")
		}
		q, err := route.Query(query)
		if err != nil {
			t.Skip("SKIPPED: no request has this form")
		}
		canonical := "http://" + h + p + "?" + q
		u, err := whatwg.Parse(canonical)
		if err != nil {
			t.Fatalf("the standard refuses %q: %v", canonical, err)
		}
		if u.Host() != h || u.Pathname() != p || strings.TrimPrefix(u.Search(), "?") != q {
			t.Fatalf("canonical %q is read as %q", canonical, u.Href(false))
		}
		if again, err := route.Path(p); again != p || err != nil {
			t.Errorf("Path(%q) = %q, %v: not a fixed point", p, again, err)
		}
		// The parser replaces bytes that are not UTF-8 and leaves "^" alone; we encode both.
		if !utf8.ValidString(path) || strings.Contains(path, "^") {
			return
		}
		if raw, err := whatwg.Parse("http://a" + path); err == nil && raw.Pathname() != p {
			t.Errorf("Path(%q) = %q, the standard says %q", path, p, raw.Pathname())
		}
	})
}
