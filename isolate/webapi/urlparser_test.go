package webapi

import (
	"regexp"
	"strings"
	"testing"

	whatwg "github.com/nlnwa/whatwg-url/url"
	"pgregory.net/rapid"
)

// oracle is another implementation of the Standard. It differs in what the Standard has
// changed since, which is evened out here, and in which characters IDNA knows.
var oracle = whatwg.NewParser(whatwg.WithPathPercentEncodeSet(whatwg.PathPercentEncodeSet.Set('^')))

// oracleHref is the oracle's serialisation.
func oracleHref(u *whatwg.Url) string {
	href := u.Href(false)
	r := splitURL(href)
	if end := r.path; r.opaque() && end < len(href) && href[end-1] == ' ' {
		return href[:end-1] + "%20" + href[end:]
	}
	return href
}

// setters pairs each setter with the oracle's.
var setters = []struct {
	name   string
	ours   urlSetter
	theirs func(*whatwg.Url, string)
}{
	{"protocol", setProtocol, (*whatwg.Url).SetProtocol},
	{"username", setUsername, (*whatwg.Url).SetUsername},
	{"password", setPassword, (*whatwg.Url).SetPassword},
	{"host", setHostAndPort, (*whatwg.Url).SetHost},
	{"hostname", setHostname, (*whatwg.Url).SetHostname},
	{"port", setPort, (*whatwg.Url).SetPort},
	{"pathname", setPathname, (*whatwg.Url).SetPathname},
	{"search", setSearch, (*whatwg.Url).SetSearch},
	{"hash", setHash, (*whatwg.Url).SetHash},
}

// checkURL parses input against base, and sets each part of the result to value, and
// compares what comes of it with the oracle.
func checkURL(t rapid.TB, input, base, value string) {
	t.Helper()
	checkPlain(t, input)
	got, err := parseURLRecord(input, base)
	if incomparable(input) || incomparable(base) || incomparable(value) {
		return
	}
	want, wantErr := oracle.ParseRef(base, input)
	if err != nil || wantErr != nil {
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q against %q: %v, want %v", input, base, err, wantErr)
		}
		return
	}
	if href := oracleHref(want); got.href != href {
		t.Fatalf("%q against %q gives %q, want %q", input, base, got.href, href)
	}
	if split := splitURL(got.href); split != got {
		t.Fatalf("%q is split to %+v, but was made as %+v", got.href, split, got)
	}
	if again, err := parseURLRecord(got.href, ""); err != nil || again != got {
		t.Fatalf("%q does not parse to itself: %q, %v", got.href, again.href, err)
	}
	u, err := oracle.Parse(got.href)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []struct{ name, got, want string }{
		{"protocol", got.protocol(), u.Protocol()},
		{"username", got.usernameText(), u.Username()},
		{"password", got.passwordText(), u.Password()},
		{"host", got.hostAndPort(), u.Host()},
		{"hostname", got.hostname(), u.Hostname()},
		{"port", got.portText(), u.Port()},
		{"pathname", got.pathname(), u.Pathname()},
		{"search", got.search(), u.Search()},
		{"hash", got.hash(), u.Hash()},
	} {
		if part.got != part.want {
			t.Fatalf("%s of %q is %q, want %q", part.name, got.href, part.got, part.want)
		}
	}
	for _, s := range setters {
		u, _ := oracle.Parse(got.href)
		s.theirs(u, value)
		changed, href := got.with(s.ours, value), oracleHref(u)
		if changed.href != href {
			t.Fatalf("%q with %s = %q gives %q, want %q", got.href, s.name, value, changed.href, href)
		}
	}
}

// wrongInOracle finds what may be a host that the oracle gets wrong: it knows an older
// IDNA, takes numbers with signs for parts of IPv4 addresses, and more than one bracket
// around an IPv6 address.
var wrongInOracle = regexp.MustCompile(`(?i)[^\x00-\x7f]|xn--|%|[-+][0-9a-f]|[][]{2}`)

func incomparable(s string) bool { return wrongInOracle.MatchString(withoutNewlines(s)) }

// pieces makes what is nearly a part of a URL: most of it is harmless.
func pieces(harmless ...string) *rapid.Generator[string] {
	odd := []string{" ", "\t", "\\", "\"", "'", "<", "^", "`", "{", "|", ".", "..", "/.", "//", "?", "#", "@", ":", "[", "]", "\x00", "\x7f", "0x1", "1", "08", "A", "_", "-", "C|", "c:", "localhost", "[::1]"}
	return rapid.Custom(func(t *rapid.T) string {
		var s strings.Builder
		for range rapid.IntRange(0, 5).Draw(t, "pieces") {
			from := harmless
			if rapid.IntRange(0, 4).Draw(t, "odd") == 0 {
				from = odd
			}
			s.WriteString(rapid.SampledFrom(from).Draw(t, "piece"))
		}
		return s.String()
	})
}

func TestURLParserAgainstAnother(t *testing.T) {
	t.Parallel()
	scheme := rapid.SampledFrom([]string{"http://", "https://", "http:", "HTTPS:\\\\", "data:", "ws://", "file://", "file:", "foo:", "foo://", "foo:/", ""})
	credentials := rapid.SampledFrom([]string{"", "", "u@", "u:p@", ":@", "@"})
	host := pieces("a", "b.c", "example.com", "a-z", "1a", "1", ".", "[1:2::3]")
	port := rapid.SampledFrom([]string{"", "", "", ":", ":80", ":443", ":8080", ":0", ":00", ":65535", ":65536", ":x"})
	tail := pieces("/", "/a", "b", "a=b", "&", "~!$()*+,;=", "/..", "/.", "0", "/C:/")
	absolute := rapid.Custom(func(t *rapid.T) string {
		s := scheme.Draw(t, "scheme") + credentials.Draw(t, "credentials") + host.Draw(t, "host") + port.Draw(t, "port")
		for _, delimiter := range []string{"/", "?", "#"} {
			if rapid.Bool().Draw(t, delimiter) {
				s += delimiter + tail.Draw(t, "tail")
			}
		}
		return s
	})
	relative := rapid.Custom(func(t *rapid.T) string {
		return rapid.SampledFrom([]string{"/", "?", "#", "//", "\\", "", "http:", "file:", "foo:"}).Draw(t, "start") + tail.Draw(t, "tail")
	})
	rapid.Check(t, func(t *rapid.T) {
		checkURL(t, absolute.Draw(t, "input"), "", relative.Draw(t, "value"))
		checkURL(t, relative.Draw(t, "input"), absolute.Draw(t, "base"), host.Draw(t, "value")+port.Draw(t, "port"))
	})
}

const ordinaryURL = "https://api.example.com/v1/users/42?expand=orders&limit=10"

// It is not parallel: it counts what the whole process allocates.
func TestURLParserAllocations(t *testing.T) {
	for _, tc := range []struct {
		input  string
		budget float64
	}{
		{ordinaryURL, 0},
		{"https://user@example.com:8080/a/b/../c?x=1&y=2#h", 1},
		{"https://EXAMPLE.com/a b?c d", 6},
	} {
		if got := testing.AllocsPerRun(100, func() { _, _ = parseURL(tc.input, "") }); got > tc.budget {
			t.Errorf("%s allocates %v times, its budget is %v", tc.input, got, tc.budget)
		}
	}
}

// What is plain is what the whole parser makes of it.
func TestPlainURL(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		input string
		plain bool
	}{
		{ordinaryURL, true},
		{"http://u:p@h.example:8080/a/./", true},
		{"http://u:p@h.example:8080/.well-known/..a/%2ex?%zz'", false},
		{"http://u:p@h.example:8080/.well-known/..a/%2ex?%zz#?#", true},
		{"http://:p@h:81/?#", true},
		{"http://u@h/", true},
		{"http://u:@h/", false},
		{"http://@h/", false},
		{"http://a@b@h/", false},
		{"http://h:80/", false},
		{"https://h:80/", true},
		{"https://h:443/", false},
		{"http://h:/", false},
		{"http://h:081/", false},
		{"http://h:65536/", false},
		{"http://h:65535/", true},
		{"http://h", false},
		{"http://h?/", false},
		{"http://H/", false},
		{"http:///", false},
		{"http://h./", false},
		{"http://1.2.3.4/", false},
		{"http://4.h/", true},
		{"http://h.0x4/", false},
		{"http://xn--a/", false},
		{"http://a.xn--a/", false},
		{"http://axn--a/", true},
		{"http://h/a\\b", false},
		{"http://h/..", true},
		{"http://h/%2E%2e", true},
		{"http://h/%2e", true},
		{"http://h/...", true},
		{"http://h/a/b/../c/.%2e/./?/../#/../", true},
		{"http://h/../../a/..", true},
		{"http://h/a\\..", false},
		{"http://h/a ", false},
		{"http://h/\t", false},
		{"http://h/?\"", false},
		{"http://h/#`", false},
		{"http://h/é", false},
		{"ftp://h/", false},
	} {
		if _, ok := plainURL(tc.input); ok != tc.plain {
			t.Errorf("%q is plain: %v", tc.input, ok)
		}
		checkPlain(t, tc.input)
	}
}

// checkPlain holds plainURL against the whole parser.
func checkPlain(t interface{ Fatalf(string, ...any) }, input string) {
	r, ok := plainURL(input)
	if !ok {
		return
	}
	u := new(urlParts)
	if err := u.parse(input, urlRecord{}); err != nil || u.record() != r {
		t.Fatalf("%q is plain, but parses to %+v, not %+v: %v", input, u.record(), r, err)
	}
}

func BenchmarkParseURL(b *testing.B) {
	for _, bc := range []struct{ name, input, base string }{
		{"ordinary", ordinaryURL, ""},
		{"against a base", "../c?d#e", ordinaryURL},
		{"with a folder above", "https://user@example.com:8080/a/b/../c?x=1&y=2#h", ""},
		{"with all parts", "https://user:pass@example.com:8080/a/./b/../c%20d?q=ä&r='#f", ""},
		{"IDNA", "https://bücher.example/", ""},
		{"IPv6", "http://[2001:db8::1]:8080/", ""},
	} {
		b.Run(bc.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := parseURL(bc.input, bc.base); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParseURLOracle(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := oracle.Parse(ordinaryURL); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzURL(f *testing.F) {
	for _, seed := range [][3]string{
		{"https://user:pass@example.com:1234/a/b?c=d#e", "", "x:80"},
		{"../x?y", "https://h/a/b/c", "file"},
		{"//h2/p", "http://h", "a/b?c#d"},
		{"foo:opaque path  ?q#f", "", ""},
		{"file:///C|/a/../..", "", "localhost"},
		{"http://[::1]:80/%2e%2E/", "", "[1::]"},
		{"http://0x7f.1/", "", "256"},
		{"foo:/.//p", "", "?"},
		{"web+x:a/..//b", "", "#"},
		{"https://faß.ExAmPlE/", "", "é"},
		{"#f", "data:text/plain,x", " "},
		{"", "about:blank", "\\"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, input, base, value string) {
		text := func(s string) string { return validUTF8(clip(s, 256)) } // the oracle takes quadratic time
		checkURL(t, text(input), text(base), text(value))
	})
}
