package gateway_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skerry-edge/skerry/gateway"
	"github.com/skerry-edge/skerry/gateway/observe"
)

// exposition returns all metrics as they are exposed.
func exposition(t *testing.T, o *observe.Observer) string {
	t.Helper()
	w := httptest.NewRecorder()
	o.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

// metric returns the value of one.
func metric(t *testing.T, o *observe.Observer, name string) string {
	t.Helper()
	for line := range strings.Lines(exposition(t, o)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	t.Fatalf("there is no metric %s", name)
	return ""
}

// starved is a listener of a process that is out of files for a while.
type starved struct {
	*pipes
	failures int
	tries    []time.Time
}

func (s *starved) Accept() (net.Conn, error) {
	s.tries = append(s.tries, time.Now())
	if s.failures > 0 {
		s.failures--
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return s.pipes.Accept()
}

func TestListenerSurvivesWantOfFiles(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ln := &starved{pipes: &pipes{make(chan net.Conn), make(chan struct{})}, failures: 12}
		log := new(logBuffer)
		o := observe.New(observe.Config{Out: log})
		s, err := gateway.New(gateway.Config{Dispatcher: handler(echo), Observer: o})
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error)
		start := time.Now()
		go func() { served <- s.Serve(ln) }()
		ours, theirs := net.Pipe()
		ln.accepted <- theirs
		if d := time.Since(start); d < 4*time.Second || d > 6*time.Second {
			t.Errorf("12 failures took %v to wait out", d)
		}
		synctest.Wait()
		for i, try := range ln.tries[1:13] {
			if pause := try.Sub(ln.tries[i]); pause < 5*time.Millisecond || pause > time.Second {
				t.Errorf("pause %d is %v", i, pause)
			}
		}
		c := newClient(t, ours)
		c.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
		if r := c.patient(true); r.status != 404 {
			t.Errorf("got %d %s", r.status, r.body)
		}
		if got := metric(t, o, "skerry_accept_failures_total"); got != "12" {
			t.Errorf("%s failures are counted, want 12", got)
		}
		if err := s.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
		if err := o.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if n := strings.Count(log.String(), "accept: accept: too many open files"); n != 1 {
			t.Errorf("the log has %d lines about it, want 1: %s", n, log)
		}
		time.Sleep(11 * time.Second)
	})
}

func TestShutdownDoesNotWaitForFiles(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ln := &starved{pipes: &pipes{make(chan net.Conn), make(chan struct{})}, failures: 1 << 30}
		s, err := gateway.New(gateway.Config{Dispatcher: handler(echo), Observer: observe.New(observe.Config{})})
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error)
		go func() { served <- s.Serve(ln) }()
		time.Sleep(time.Minute)
		before := time.Now()
		if err := s.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
		if d := time.Since(before); d != 0 {
			t.Errorf("took %v", d)
		}
		time.Sleep(11 * time.Second)
	})
}

func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(*gateway.Config)
		status int
		code   string
	}{
		{"on the node", func(c *gateway.Config) { c.Connections = 3 }, 503, "overloaded"},
		{"of one address", func(c *gateway.Config) { c.ConnectionsPerIP = 3 }, 429, "rate_limited"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			n := start(t, echo, tc.change)
			var open []*client
			for range 3 {
				c := n.dial(t)
				c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
				c.reply("GET")
				open = append(open, c)
			}
			c := n.dial(t)
			r := c.reply("GET") // it is answered before it has asked
			if r.status != tc.status || !strings.Contains(r.body, `"code":"`+tc.code+`"`) || r.header.Get("Retry-After") == "" ||
				len(r.header.Get("X-Skerry-Request-Id")) != 26 {
				t.Errorf("got %d %v %s", r.status, r.header, r.body)
			}
			c.wantClosed()
			if got := metric(t, n.observer, "skerry_connections"); got != "3" {
				t.Errorf("%s connections are counted, want 3", got)
			}
			if got := metric(t, n.observer, "skerry_connections_refused_total"); got != "1" {
				t.Errorf("%s refusals are counted, want 1", got)
			}
			// One that ends makes room.
			open[0].send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
			open[0].reply("GET")
			open[0].wantClosed()
			again := n.dial(t)
			for {
				again.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
				if r := again.reply("GET"); r.status == 200 {
					break
				}
				again = n.dial(t) // the server has not noticed yet
			}
		})
	}
}

func TestTrustedProxyMayHaveManyConnections(t *testing.T) {
	t.Parallel()
	n := start(t, echo, func(c *gateway.Config) {
		c.ConnectionsPerIP = 1
		c.Trusted = prefixes(t, "127.0.0.1/32")
	})
	for range 3 {
		c := n.dial(t)
		c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		if r := c.reply("GET"); r.status != 200 {
			t.Errorf("got %d", r.status)
		}
	}
}

func TestListenerThatIsClosedAlreadyIsNoHang(t *testing.T) {
	t.Parallel()
	s, err := gateway.New(gateway.Config{Dispatcher: handler(echo), Observer: observe.New(observe.Config{})})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(ln); err != nil && !errors.Is(err, io.EOF) {
		t.Errorf("Serve after Shutdown: %v", err)
	}
	if _, err := net.Dial("tcp", ln.Addr().String()); err == nil {
		t.Error("the port is still open")
	}
}
