package gateway_test

import (
	"bufio"
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/gateway"
	"github.com/skerry-edge/skerry/isolate"
)

// seen collects what functions saw, as "POST http://a/ \"body\"".
type seen struct {
	mu       sync.Mutex
	requests map[string][]string // by the client's address
}

func (s *seen) dispatch(_ context.Context, _ *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
	r := ev.Request
	mark := ""
	for _, f := range r.Header {
		if f.Name == "x-mark" {
			mark = f.Value
		}
	}
	if mark == "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		key := r.Client.String()
		s.requests[key] = append(s.requests[key], fmt.Sprintf("%s %s %q", r.Method, r.URL, r.Body))
	}
	return &isolate.Response{Status: 200, Body: []byte(mark)}, nil
}

func (s *seen) by(client string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.requests[client], ", ")
}

// verdict is what must become of a raw request.
type verdict struct {
	status int    // of the refusal; 0: all is served
	seen   string // what functions saw, joined by ", "
	closed bool   // the connection is closed though nothing is refused
}

func served(seen string) verdict { return verdict{seen: seen} }
func refused(status int) verdict { return verdict{status: status} }

// tryRaw sends text, wants the verdict, and then sends a marked request on the same
// connection: it must be closed, or answer with the mark. A response that is out of step
// would be another client's.
func tryRaw(t *testing.T, text string, want verdict) {
	t.Helper()
	s := &seen{requests: make(map[string][]string)}
	n := start(t, s.dispatch, func(c *gateway.Config) {
		if want.status == 408 { // else it must not pass however slow the machine is
			c.HeadTimeout = 300 * time.Millisecond
		}
	})
	c := n.dial(t)
	c.send(text)
	served := 0
	if want.seen != "" {
		served = strings.Count(want.seen, ", ") + 1
	}
	for range served {
		if r := c.reply("GET"); r.status != 200 {
			t.Fatalf("status %d, want 200: %s", r.status, r.body)
		}
	}
	if want.status != 0 {
		if r := c.reply("GET"); r.status != want.status || r.header.Get("X-Skerry-Request-Id") == "" {
			t.Fatalf("status %d, want %d: %v %s", r.status, want.status, r.header, r.body)
		}
	}
	if want.closed || want.status != 0 {
		c.send("GET /probe HTTP/1.1\r\nHost: probe\r\nX-Mark: m1\r\n\r\n")
		c.wantClosed()
	} else {
		c.send("GET /probe HTTP/1.1\r\nHost: probe\r\nX-Mark: m1\r\n\r\n")
		if r := c.reply("GET"); r.status != 200 || r.body != "m1" {
			t.Errorf("the probe got %d %q", r.status, r.body)
		}
	}
	if got := s.by("127.0.0.1"); got != want.seen {
		t.Errorf("functions saw %s\nwant         %s", got, want.seen)
	}
}

// smuggled stands behind a request in the hostile forms.
const smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"

// hostileVerdicts says what becomes of the forms in the shared list of hostile requests.
var hostileVerdicts = map[string]verdict{
	"plain-get":                 served(`GET http://a/ ""`),
	"CL+TE":                     refused(400),
	"TE+CL":                     refused(400),
	"TE-obf-space-before-colon": refused(400),
	"TE-xchunked":               refused(400),
	"TE-chunked-identity":       refused(400),
	"TE-identity":               refused(400),
	"TE-gzip-chunked":           refused(400),
	"TE-dup":                    refused(400),
	"TE-tab":                    served(`POST http://a/ "", GET http://x/smuggled ""`),
	"TE-vtab":                   refused(400),
	"TE-NUL":                    refused(400),
	"TE-http10":                 refused(400),
	"TE-quoted":                 refused(400),
	"TE-upper":                  served(`POST http://a/ ""`),
	"TE-underscore":             served(`POST http://a/ "0\r\n\r\n", GET http://x/smuggled ""`),
	"CL-dup-same":               refused(400),
	"CL-dup-diff":               refused(400),
	"CL-list":                   refused(400),
	"CL-plus":                   refused(400),
	"CL-neg":                    refused(400),
	"CL-hex":                    refused(400),
	"CL-lead0":                  served(`POST http://a/ "hello"`),
	"CL-overflow":               refused(400),
	"CL-huge":                   refused(413),
	"CL-empty":                  refused(400),
	"CL-space-inside":           refused(400),
	"CL-underscoredigit":        refused(400),
	"GET-with-body":             served(fmt.Sprintf("GET http://a/ %q", smuggled)),
	"bareLF-lines":              refused(408),
	"bareCR-line":               refused(408),
	"bareCR-in-value":           refused(400),
	"LF-in-header-end":          refused(408),
	"obs-fold":                  refused(400),
	"obs-fold-TE":               refused(400),
	"first-hdr-fold":            refused(400),
	"no-host-11":                refused(400),
	"two-host":                  refused(400),
	"host-empty":                refused(400),
	"host-bad-chars":            refused(400),
	"host-userinfo":             refused(400),
	"host-nul":                  refused(400),
	"host-space":                refused(400),
	"absform-mismatch":          served(`GET http://b/ ""`),
	"absform-file":              refused(400),
	"authority-form-GET":        refused(400),
	"CONNECT":                   refused(405),
	"OPTIONS-star":              refused(400),
	"GET-star":                  refused(400),
	"path-dotdot":               served(`GET http://a/b ""`),
	"path-enc-dotdot":           served(`GET http://a/b ""`),
	"path-dbl-slash":            served(`GET http://a///admin ""`),
	"path-enc-slash":            served(`GET http://a/a%2fb ""`),
	"path-enc-nul":              refused(400),
	"path-bad-pct":              served(`GET http://a/a%zz ""`),
	"path-raw-ctl":              refused(400),
	"path-raw-utf8":             served(`GET http://a/%C3%A9%FF ""`),
	"path-backslash":            refused(400),
	"path-fragment":             refused(400),
	"reqline-2spaces":           refused(400),
	"reqline-tab":               refused(400),
	"reqline-space-in-uri":      refused(400),
	"reqline-http09":            refused(400),
	"reqline-http2":             refused(400),
	"reqline-http1.9":           refused(400),
	"reqline-lowercase-ver":     refused(400),
	"h2-preface":                refused(400),
	"method-lower":              refused(405),
	"method-bad":                refused(400),
	"method-long":               refused(405),
	"leading-crlf":              served(`GET http://a/ ""`),
	"hdr-no-colon":              refused(400),
	"hdr-empty-name":            refused(400),
	"hdr-name-space":            refused(400),
	"hdr-name-nul":              refused(400),
	"hdr-value-nul":             refused(400),
	"hdr-value-ctl":             refused(400),
	"hdr-5000B":                 served(`GET http://a/ ""`),
	"hdr-2000-count":            refused(431),
	"chunk-ext":                 served(`POST http://a/ "hello"`),
	"chunk-ext-LF":              refused(400),
	"chunk-bareLF":              refused(400),
	"chunk-size-neg":            refused(400),
	"chunk-size-0x":             refused(400),
	"chunk-size-plus":           refused(400),
	"chunk-size-overflow":       refused(400),
	"chunk-size-spaces":         served(`POST http://a/ "hello"`),
	"chunk-size-leadsp":         refused(400),
	"chunk-missing-crlf":        refused(400),
	"chunk-trailer":             served(`POST http://a/ "hello"`),
	"chunk-trailer-CL":          refused(400),
	"expect-100":                served(`POST http://a/ "hello"`),
	"expect-bad":                refused(417),
	"upgrade-h2c":               served(`GET http://a/ ""`),
	"pipeline-3":                served(`GET http://a/1 "", GET http://a/2 "", GET http://a/3 ""`),
	"conn-nominated-hdr":        {seen: `GET http://a/ ""`, closed: true},
	"slow-partial-hdr":          refused(408),
}

func TestHostileRequests(t *testing.T) {
	t.Parallel()
	shared := os.Getenv("SKERRY_SHARED")
	if shared == "" {
		t.Skip("SKERRY_SHARED is not set: the shared list of hostile requests is not tried (TestRawRequests is)")
	}
	f, err := os.Open(filepath.Join(shared, "hostile", "requests.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tried := 0
	for lines := bufio.NewScanner(f); lines.Scan() && lines.Text() != "# results"; {
		name, expr, ok := strings.Cut(lines.Text(), "\t")
		if !ok || strings.HasPrefix(name, "#") {
			continue
		}
		text, err := evaluate(expr)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		tried++
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, ok := hostileVerdicts[name]
			if !ok {
				t.Fatal("the list has grown: say in hostileVerdicts what must become of this")
			}
			tryRaw(t, text, want)
		})
	}
	if tried < 97 {
		t.Errorf("only %d forms in the list, want 97 or more", tried)
	}
}

// evaluate returns the value of a Go expression over string literals, sm, L, + and
// strings.Repeat.
func evaluate(expr string) (string, error) {
	tree, err := parser.ParseExpr(expr)
	if err != nil {
		return "", err
	}
	return value(tree)
}

func value(e ast.Expr) (string, error) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.INT {
			return e.Value, nil
		}
		return strconv.Unquote(e.Value)
	case *ast.Ident:
		switch e.Name {
		case "sm":
			return smuggled, nil
		case "L":
			return strconv.Itoa(len(smuggled)), nil
		}
	case *ast.BinaryExpr:
		x, err := value(e.X)
		if err != nil {
			return "", err
		}
		y, err := value(e.Y)
		return x + y, err
	case *ast.CallExpr:
		if len(e.Args) != 2 { // strings.Repeat is all there is
			break
		}
		s, err := value(e.Args[0])
		if err != nil {
			return "", err
		}
		count, err := value(e.Args[1])
		if err != nil {
			return "", err
		}
		n, err := strconv.Atoi(count)
		return strings.Repeat(s, n), err
	}
	return "", fmt.Errorf("%T is more than this evaluator knows", e)
}
