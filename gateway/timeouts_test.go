package gateway_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/gateway"
	"github.com/skerry-edge/skerry/gateway/admit"
	"github.com/skerry-edge/skerry/gateway/observe"
	"github.com/skerry-edge/skerry/isolate"
)

// pipes is a listener whose connections are net.Pipes: they live in a test's bubble, where
// time is what the test makes of it.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accepted:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// bubble is a node whose clock is the bubble's.
type bubble struct {
	*gateway.Server
	t       *testing.T
	pipes   *pipes
	log     *logBuffer
	observe *observe.Observer
	start   time.Time
}

// inBubble runs f with a node that is shut down afterwards.
func inBubble(t *testing.T, h handler, f func(t *testing.T, b *bubble), change ...func(*gateway.Config)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{t: t, pipes: &pipes{make(chan net.Conn), make(chan struct{})}, log: new(logBuffer), start: time.Now()}
		b.observe = observe.New(observe.Config{Out: b.log})
		cfg := gateway.Config{Dispatcher: h, Observer: b.observe, Domain: "localhost"}
		for _, c := range change {
			c(&cfg)
		}
		var err error
		if b.Server, err = gateway.New(cfg); err != nil {
			t.Fatal(err)
		}
		if err := b.SetRoutes([]bundles.Version{version("f", "*/*")}); err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- b.Serve(b.pipes) }()
		f(t, b)
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := b.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
		if err := b.observe.Close(ctx); err != nil {
			t.Error(err)
		}
		time.Sleep(11 * time.Second) // fasthttp's pool sleeps for ten before it sees its end
	})
}

// dial returns a client whose writes don't wait for the server.
func (b *bubble) dial() *client {
	ours, theirs := net.Pipe()
	b.pipes.accepted <- theirs
	return newClient(b.t, ours)
}

// after fails the test unless so much time has passed since the bubble began.
func (b *bubble) after(want time.Duration) {
	b.t.Helper()
	if got := time.Since(b.start).Truncate(time.Second); got != want {
		b.t.Errorf("after %v, want %v", got, want)
	}
}

// patient reads one response, however long it takes, and the end of the connection if closed.
func (c *client) patient(closed bool) reply {
	c.tb.Helper()
	buf := make([]byte, 64<<10)
	for {
		r, size := parseReply(c.tb, c.got, "GET")
		if size > 0 && !closed {
			c.got = c.got[size:]
			return r
		}
		n, err := c.Read(buf)
		c.got = append(c.got, buf[:n]...)
		if err != nil {
			if err != io.EOF || size != len(c.got) {
				c.tb.Fatalf("%v after %q", err, c.got)
			}
			return r
		}
	}
}

func TestSlowHead(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		status     int
	}{
		{"half a request line", "GET / HT", 408},
		{"half a header", "GET / HTTP/1.1\r\nHost: a\r\nX: ", 408},
		{"lines that end in line feeds alone", "GET / HTTP/1.1\nHost: a\n\n", 408},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, echo, func(t *testing.T, b *bubble) {
				c := b.dial()
				if tc.text != "" {
					c.send(tc.text)
				}
				r := c.patient(true)
				b.after(7 * time.Second)
				if r.status != tc.status || !strings.Contains(r.body, "request_timeout") {
					t.Errorf("got %d %s", r.status, r.body)
				}
				time.Sleep(time.Second)
				if b.log.String() == "" {
					t.Error("there is no line in the log")
				}
			}, func(c *gateway.Config) { c.HeadTimeout = 7 * time.Second })
		})
	}
}

// TestConnectionAheadOfItsRequest: one that says nothing for longer than a head may take is
// served when it does, in the time for a head, and closed without a word if it never does.
func TestConnectionAheadOfItsRequest(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		after      time.Duration
		status     int
	}{
		{"a request", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 25 * time.Second, 200},
		{"half a head", "GET / HT", 32 * time.Second, 408},
		{"nothing", "", 30 * time.Second, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, echo, func(t *testing.T, b *bubble) {
				c := b.dial()
				time.Sleep(25 * time.Second)
				if tc.text != "" {
					c.send(tc.text)
				}
				if r := c.patient(true); r.status != tc.status {
					t.Errorf("got %d %s", r.status, r.body)
				}
				b.after(tc.after)
				time.Sleep(time.Second)
				if logged := b.log.String() != ""; logged != (tc.status != 0) {
					t.Errorf("log: %s", b.log)
				}
			}, func(c *gateway.Config) { c.HeadTimeout = 7 * time.Second })
		})
	}
}

func TestHeadThatComesInDripsIsCutInTime(t *testing.T) {
	inBubble(t, echo, func(t *testing.T, b *bubble) {
		c := b.dial()
		go func() {
			for err := error(nil); err == nil; time.Sleep(time.Second) {
				_, err = io.WriteString(c, "G")
			}
		}()
		if r := c.patient(true); r.status != 408 {
			t.Errorf("got %d", r.status)
		}
		b.after(10 * time.Second)
	})
}

func TestIdleConnectionEnds(t *testing.T) {
	inBubble(t, echo, func(t *testing.T, b *bubble) {
		c := b.dial()
		c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		c.patient(false)
		if r := c.patient(true); r.status != 0 {
			t.Errorf("got %d %s", r.status, r.body)
		}
		b.after(30 * time.Second)
	})
}

func TestSlowBody(t *testing.T) {
	for _, tc := range []struct {
		name   string
		drip   int // bytes a second
		total  int
		status int
		after  time.Duration // to the second, downwards
	}{
		{"one that stops is cut", 0, 5000, 408, 10 * time.Second},
		{"one that drips is cut", 90, 5000, 408, 10 * time.Second},
		{"one at a fair rate is taken, however long it takes", 2000, 100_000, 200, 50 * time.Second},
		{"a short one has time", 1, 9, 200, 8 * time.Second},
	} {
		for _, framing := range []string{"with a length", "chunked"} {
			t.Run(tc.name+", "+framing, func(t *testing.T) {
				inBubble(t, echo, func(t *testing.T, b *bubble) {
					c := b.dial()
					c.send(map[string]string{
						"with a length": "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + itoa(tc.total) + "\r\n\r\n",
						"chunked":       "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + hex(tc.total) + "\r\n",
					}[framing])
					synctest.Wait()
					go func() {
						io.WriteString(c, "x") // the first byte decides nothing
						for sent := 1; tc.drip > 0 && sent < tc.total; sent += tc.drip {
							time.Sleep(time.Second)
							if _, err := io.WriteString(c, strings.Repeat("x", min(tc.drip, tc.total-sent))); err != nil {
								return
							}
						}
						if tc.drip > 0 && framing == "chunked" {
							io.WriteString(c, "\r\n0\r\n\r\n")
						}
					}()
					r := c.patient(tc.status == 408)
					if r.status != tc.status {
						t.Errorf("got %d %s", r.status, r.body)
					}
					b.after(tc.after)
				})
			})
		}
	}
}

func TestSlowReader(t *testing.T) {
	const size = 1 << 20
	body := strings.Repeat("x", size)
	for _, tc := range []struct {
		name  string
		rate  int // bytes a second
		whole bool
	}{
		{"one that stops is cut", 0, false},
		{"one that drips is cut", 1000, false},
		{"one at a fair rate gets all", 20_000, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, answer(isolate.Response{Status: 200, Body: []byte(body)}), func(t *testing.T, b *bubble) {
				c := b.dial()
				c.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
				got, buf := 0, make([]byte, max(tc.rate, 1))
				time.Sleep(30 * time.Second)
				for {
					n, err := c.Read(buf)
					got += n
					if err != nil {
						break
					}
					time.Sleep(time.Second)
					if tc.rate == 0 {
						time.Sleep(time.Hour)
					}
				}
				if whole := got > size; whole != tc.whole {
					t.Errorf("%d bytes of %d came", got, size)
				}
			})
		})
	}
}

func TestClientThatLeavesCancelsItsEvent(t *testing.T) {
	causes := make(chan error, 1)
	h := func(ctx context.Context, _ *isolate.Target, _ *isolate.Event) (*isolate.Response, error) {
		<-ctx.Done()
		causes <- context.Cause(ctx)
		return nil, &isolate.Failure{Outcome: isolate.OutcomeCanceled, Message: "gone"}
	}
	inBubble(t, h, func(t *testing.T, b *bubble) {
		causes = make(chan error, 1)
		c := b.dial()
		c.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
		time.Sleep(3 * time.Second)
		c.Close()
		if err := <-causes; err == nil || err.Error() != "the client left" {
			t.Errorf("canceled by %v", err)
		}
		b.after(3 * time.Second)
		synctest.Wait()
		time.Sleep(time.Second) // the log is written
		if log := b.log.String(); !strings.Contains(log, `"path":"/x","status":0,"outcome":"canceled"`) || !strings.Contains(log, `"error":"the client left"`) {
			t.Errorf("log: %s", log)
		}
	})
}

func TestClientThatLeavesGivesUpItsPlaceInTheQueue(t *testing.T) {
	release := make(chan struct{})
	calls := 0
	h := func(context.Context, *isolate.Target, *isolate.Event) (*isolate.Response, error) {
		calls++
		<-release
		return &isolate.Response{Status: 200}, nil
	}
	inBubble(t, h, func(t *testing.T, b *bubble) {
		release = make(chan struct{})
		first, second := b.dial(), b.dial()
		first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		synctest.Wait()
		second.send("GET /second HTTP/1.1\r\nHost: a\r\n\r\n")
		time.Sleep(time.Second)
		second.Close()
		time.Sleep(time.Second)
		if log := b.log.String(); !strings.Contains(log, `"path":"/second","status":0,"outcome":"canceled"`) {
			t.Errorf("log: %s", log)
		}
		close(release)
		if r := first.patient(false); r.status != 200 || calls != 1 {
			t.Errorf("got %d, %d calls", r.status, calls)
		}
	}, func(c *gateway.Config) { c.Admission.Events = 1 })
}

func TestEventThatWaitsTooLongIsOverloaded(t *testing.T) {
	release := make(chan struct{})
	h := func(context.Context, *isolate.Target, *isolate.Event) (*isolate.Response, error) {
		<-release
		return &isolate.Response{Status: 200}, nil
	}
	inBubble(t, h, func(t *testing.T, b *bubble) {
		release = make(chan struct{})
		v := version("f", "*/*")
		v.Manifest.Concurrency = 1
		if err := b.SetRoutes([]bundles.Version{v}); err != nil {
			t.Fatal(err)
		}
		first, second := b.dial(), b.dial()
		first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		synctest.Wait()
		second.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		r := second.patient(false)
		b.after(2 * time.Second)
		if r.status != 503 || r.header.Get("Retry-After") == "" || !strings.Contains(r.body, `"code":"overloaded"`) ||
			!strings.Contains(r.body, `"limit":"concurrency","used":1,"allowed":1`) {
			t.Errorf("got %d %v %s", r.status, r.header, r.body)
		}
		close(release)
		first.patient(false)
		second.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		if r := second.patient(false); r.status != 200 {
			t.Errorf("afterwards got %d", r.status)
		}
	}, func(c *gateway.Config) { c.Admission = admit.Config{Wait: 2 * time.Second} })
}

// TestNextRequestIsNotLostToTheWatch sends the next request while an event runs: the watch
// takes a byte of it, and must give it back.
func TestNextRequestIsNotLostToTheWatch(t *testing.T) {
	h := func(_ context.Context, _ *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
		if strings.HasSuffix(ev.Request.URL, "/slow") {
			time.Sleep(10 * time.Second)
		}
		return &isolate.Response{Status: 200, Body: []byte(ev.Request.URL)}, nil
	}
	inBubble(t, h, func(t *testing.T, b *bubble) {
		c := b.dial()
		for range 3 {
			c.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
			time.Sleep(time.Second) // the watch is on
			go func() {
				for _, piece := range []string{"P", "OST /next HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"} {
					io.WriteString(c, piece)
				}
			}()
			if r := c.patient(false); r.body != "http://a/slow" {
				t.Errorf("first: %d %s", r.status, r.body)
			}
			if r := c.patient(false); r.body != "http://a/next" {
				t.Errorf("next: %d %s", r.status, r.body)
			}
		}
		b.after(30 * time.Second)
	})
}

func TestEventMayTakeLongerThanTheHeadMay(t *testing.T) {
	h := func(ctx context.Context, _ *isolate.Target, _ *isolate.Event) (*isolate.Response, error) {
		select {
		case <-time.After(time.Hour):
			return &isolate.Response{Status: 200}, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	inBubble(t, h, func(t *testing.T, b *bubble) {
		c := b.dial()
		for range 2 {
			c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
			if r := c.patient(false); r.status != 200 {
				t.Errorf("got %d %s", r.status, r.body)
			}
		}
		b.after(2 * time.Hour)
	})
}

func TestShutdown(t *testing.T) {
	slow := func(d time.Duration) handler {
		return func(ctx context.Context, _ *isolate.Target, _ *isolate.Event) (*isolate.Response, error) {
			select {
			case <-time.After(d):
				return &isolate.Response{Status: 200}, nil
			case <-ctx.Done():
				return nil, &isolate.Failure{Outcome: isolate.OutcomeCanceled, Message: "stopped"}
			}
		}
	}
	shutdown := func(b *bubble, d time.Duration) error {
		ctx, cancel := context.WithTimeout(context.Background(), d)
		defer cancel()
		return b.Shutdown(ctx)
	}
	t.Run("ends at once without connections", func(t *testing.T) {
		inBubble(t, echo, func(t *testing.T, b *bubble) {
			if !b.Ready() {
				t.Error("not ready before")
			}
			if err := shutdown(b, time.Minute); err != nil {
				t.Error(err)
			}
			b.after(0)
			if b.Ready() {
				t.Error("ready afterwards")
			}
		})
	})
	t.Run("waits for events and then closes their connections", func(t *testing.T) {
		inBubble(t, slow(5*time.Second), func(t *testing.T, b *bubble) {
			c := b.dial()
			c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
			synctest.Wait()
			done := make(chan error)
			go func() { done <- shutdown(b, time.Minute) }()
			if r := c.patient(true); r.status != 200 || r.header.Get("Connection") != "close" {
				t.Errorf("got %d %v", r.status, r.header)
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
			if d := time.Since(b.start); d < 5*time.Second || d > 6*time.Second {
				t.Errorf("took %v", d)
			}
		})
	})
	t.Run("is not held up by what is half sent", func(t *testing.T) {
		inBubble(t, echo, func(t *testing.T, b *bubble) {
			half, silent, idle := b.dial(), b.dial(), b.dial()
			half.send("GET / HTTP/1.1\r\nHost: a\r\nX: ")
			idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
			idle.patient(false)
			synctest.Wait()
			if err := shutdown(b, time.Minute); err != nil {
				t.Error(err)
			}
			if d := time.Since(b.start); d > time.Second {
				t.Errorf("took %v", d)
			}
			for _, c := range []*client{half, silent, idle} {
				if r := c.patient(true); r.status != 0 {
					t.Errorf("got %d %s", r.status, r.body)
				}
			}
		})
	})
	t.Run("still answers what is on its way", func(t *testing.T) {
		inBubble(t, echo, func(t *testing.T, b *bubble) {
			c := b.dial()
			synctest.Wait() // until it is accepted
			done := make(chan error)
			go func() { done <- shutdown(b, time.Minute) }()
			time.Sleep(200 * time.Millisecond)
			c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
			if r := c.patient(true); r.status != 200 || r.header.Get("Connection") != "close" {
				t.Errorf("got %d %v", r.status, r.header)
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("cuts what outlives its deadline", func(t *testing.T) {
		inBubble(t, slow(time.Hour), func(t *testing.T, b *bubble) {
			c := b.dial()
			c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
			synctest.Wait()
			err := shutdown(b, 3*time.Second)
			if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "1 connection") {
				t.Errorf("got %v", err)
			}
			if d := time.Since(b.start); d < 3*time.Second || d > 3500*time.Millisecond {
				t.Errorf("took %v", d)
			}
			if r := c.patient(true); r.status != 0 {
				t.Errorf("got %d %s", r.status, r.body)
			}
		})
	})
}
