package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
	"go.uber.org/goleak"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/gateway"
	"github.com/skerry-edge/skerry/gateway/observe"
	"github.com/skerry-edge/skerry/isolate"
)

func TestMain(m *testing.M) {
	startClock()
	// fasthttp's pool of goroutines ends up to ten seconds after its server.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"))
}

// The engine is what stands behind the gateway in a node.
var _ gateway.Dispatcher = (*isolate.Engine)(nil)

// startClock makes fasthttp start its clock, a goroutine that never ends and must not belong
// to the bubble of the first test that has a response.
func startClock() {
	var r fasthttp.Response
	r.Header.AppendBytes(nil)
}

func itoa(n int) string { return strconv.Itoa(n) }
func hex(n int) string  { return strconv.FormatInt(int64(n), 16) }

// handler is an engine in one function, which reads the request's body first. It stands where
// JavaScript runs: what the gateway promises to an engine and takes from one is the interface,
// not what a script does.
type handler func(ctx context.Context, t *isolate.Target, ev *isolate.Event) (*isolate.Response, error)

func (h handler) Dispatch(ctx context.Context, t *isolate.Target, ev *isolate.Event) (r *isolate.Response, err error) {
	result := isolate.Result{Outcome: isolate.OutcomeOK, CPU: time.Millisecond, Fetches: 2}
	defer func() {
		if err != nil {
			result.Outcome = isolate.OutcomeInternal
			if f, ok := err.(*isolate.Failure); ok {
				result.Outcome, result.Failure = f.Outcome, f
			}
		}
		ev.Done(result)
	}()
	if err := readBody(ctx, ev.Request); err != nil {
		return nil, &isolate.Failure{Outcome: isolate.OutcomeException, Message: err.Error()}
	}
	return h(ctx, t, ev)
}

// readBody makes the stream of a request its body.
func readBody(ctx context.Context, r *isolate.Request) error {
	for r.Stream != nil {
		chunk, err := r.Stream.Next(ctx)
		if err == io.EOF {
			r.Stream = nil
			return nil
		}
		if err != nil {
			return err
		}
		r.Body = append(r.Body, chunk...)
	}
	return nil
}

// echo answers with what a function would see.
func echo(_ context.Context, t *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
	r := ev.Request
	var b strings.Builder
	fmt.Fprintf(&b, "function %s\n%s %s\n", t.Function, r.Method, r.URL)
	for _, f := range r.Header {
		fmt.Fprintf(&b, "%s: %s\n", f.Name, f.Value)
	}
	fmt.Fprintf(&b, "\n%q", r.Body)
	return &isolate.Response{Status: 200, Body: []byte(b.String())}, nil
}

// answer always gives the same response.
func answer(r isolate.Response) handler {
	return func(context.Context, *isolate.Target, *isolate.Event) (*isolate.Response, error) { return &r, nil }
}

// fail always gives the same failure.
func fail(f isolate.Failure) handler {
	return func(context.Context, *isolate.Target, *isolate.Event) (*isolate.Response, error) { return nil, &f }
}

// node is a server on a loopback port, with the log that it writes.
type node struct {
	*gateway.Server
	addr     string
	observer *observe.Observer
	log      *logBuffer
	stop     func() // shuts down; may be called again
}

type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// version is version 3 of a function with these routes.
func version(name string, routes ...string) bundles.Version {
	return bundles.Version{Function: name, Number: 3, Manifest: bundles.Manifest{Name: name, Routes: routes}}
}

// live is what SetRoutes takes, for one function.
func live(name string, routes ...string) []bundles.Version {
	return []bundles.Version{version(name, routes...)}
}

// start runs a node with the functions f, for every host, and g, for g.localhost, until the
// test ends. change may set what cfg leaves out.
func start(tb testing.TB, h handler, change ...func(*gateway.Config)) *node {
	tb.Helper()
	n := &node{log: new(logBuffer)}
	n.observer = observe.New(observe.Config{Out: n.log})
	cfg := gateway.Config{Dispatcher: h, Observer: n.observer, Domain: "localhost"}
	for _, c := range change {
		c(&cfg)
	}
	var err error
	if n.Server, err = gateway.New(cfg); err != nil {
		tb.Fatal(err)
	}
	if err := n.SetRoutes([]bundles.Version{version("f", "*/*"), version("g")}); err != nil {
		tb.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	n.addr = ln.Addr().String()
	served := make(chan error, 1)
	go func() { served <- n.Serve(ln) }()
	n.stop = sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := n.Shutdown(ctx); err != nil {
			tb.Errorf("Shutdown: %v", err)
		}
		if err := <-served; err != nil {
			tb.Errorf("Serve: %v", err)
		}
		if err := n.observer.Close(ctx); err != nil {
			tb.Errorf("close the observer: %v", err)
		}
	})
	tb.Cleanup(n.stop)
	return n
}

// reply is what came back for one request.
type reply struct {
	status int
	header http.Header
	body   string
}

// field returns the value of a header field in an echo.
func (r reply) field(name string) string {
	for line := range strings.Lines(r.body) {
		if value, ok := strings.CutPrefix(line, name+": "); ok {
			return strings.TrimSuffix(value, "\n")
		}
	}
	return ""
}

// one sends text on a connection of its own and returns the first response.
func (n *node) one(tb testing.TB, text string) reply {
	tb.Helper()
	c := n.dial(tb)
	c.send(text)
	method, _, _ := strings.Cut(text, " ")
	return c.reply(method)
}

// get is one, with a GET for path on host a.
func (n *node) get(tb testing.TB, path string, fields ...string) reply {
	tb.Helper()
	return n.one(tb, "GET "+path+" HTTP/1.1\r\nHost: a\r\n"+strings.Join(append(fields, "\r\n"), "\r\n"))
}

// client is the other end of a connection. Its methods fail the test if something is wrong.
type client struct {
	net.Conn
	tb  testing.TB
	got []byte // read and not yet parsed
}

func (n *node) dial(tb testing.TB) *client {
	tb.Helper()
	nc, err := net.Dial("tcp", n.addr)
	if err != nil {
		tb.Fatal(err)
	}
	return newClient(tb, nc)
}

func newClient(tb testing.TB, nc net.Conn) *client {
	tb.Cleanup(func() { nc.Close() })
	return &client{Conn: nc, tb: tb}
}

// send sends text without waiting: the server may answer, and close, before it has read all.
func (c *client) send(text string) { go io.WriteString(c, text) }

// reply reads the response to a request with this method. Interim responses are passed over.
func (c *client) reply(method string) reply {
	c.tb.Helper()
	for {
		r, err := c.next(method)
		if err != nil {
			c.tb.Fatalf("no response but %v, after %q", err, c.got)
		}
		if r.status != http.StatusContinue {
			return r
		}
	}
}

// next reads one response, interim or not.
func (c *client) next(method string) (reply, error) {
	c.tb.Helper()
	buf := make([]byte, 64<<10)
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	for {
		if r, size := parseReply(c.tb, c.got, method); size > 0 {
			c.got = c.got[size:]
			return r, nil
		}
		n, err := c.Read(buf)
		c.got = append(c.got, buf[:n]...)
		if n == 0 && err != nil {
			return reply{}, err
		}
	}
}

// wantClosed reads on and wants nothing but the end.
func (c *client) wantClosed() {
	c.tb.Helper()
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	rest, err := io.ReadAll(c)
	if rest = append(c.got, rest...); len(rest) > 0 {
		c.tb.Errorf("more came: %q", rest)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.tb.Error("the connection stayed open")
	}
}

// parseReply parses the first response in b and returns its size, 0 if it is not complete.
// It is stricter than a client: what a server may not send fails the test.
func parseReply(tb testing.TB, b []byte, method string) (reply, int) {
	tb.Helper()
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		return reply{}, 0
	}
	lines := strings.Split(string(b[:end]), "\r\n")
	r := reply{header: make(http.Header)}
	if _, err := fmt.Sscanf(lines[0], "HTTP/1.1 %d ", &r.status); err != nil {
		tb.Fatalf("status line %q: %v", lines[0], err)
	}
	for _, line := range lines[1:] {
		name, value, ok := strings.Cut(line, ": ")
		if !ok {
			tb.Fatalf("header line %q", line)
		}
		r.header.Add(name, value)
	}
	if slices.Contains([]int{100, 204, 304}, r.status) || method == "HEAD" {
		return r, end + 4
	}
	length := -1
	fmt.Sscan(r.header.Get("Content-Length"), &length)
	if length < 0 || len(r.header["Content-Length"]) != 1 || r.header.Get("Transfer-Encoding") != "" {
		tb.Fatalf("no clear length in %q", lines)
	}
	if len(b) < end+4+length {
		return reply{}, 0
	}
	r.body = string(b[end+4 : end+4+length])
	return r, end + 4 + length
}
