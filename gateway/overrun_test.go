package gateway_test

import (
	"context"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/gateway"
	"github.com/skerry-edge/skerry/isolate"
)

// tooMuch is what an engine says of an event that it can't end.
var tooMuch = &isolate.Failure{
	Outcome: isolate.OutcomeExceededCPU, Message: "too much", Limit: "cpu_ms", Used: 150, Allowed: 50,
}

// TestOverrunIsAnsweredWhileTheHandlerIsStuck: the client hears why although the engine never
// returns, and what the handler says when it does return after all goes nowhere.
func TestOverrunIsAnsweredWhileTheHandlerIsStuck(t *testing.T) {
	t.Parallel()
	answered := make(chan struct{})
	n := start(t, func(_ context.Context, v *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
		if strings.HasSuffix(ev.Request.URL, "/before") {
			return &isolate.Response{Status: 200, Body: []byte("fine")}, nil
		}
		ev.Waiter.Overrun(tooMuch)
		ev.Waiter.Overrun(tooMuch)
		<-answered
		return &isolate.Response{Status: 200, Body: []byte("late")}, nil
	})
	c := n.dial(t)
	c.send("GET /before HTTP/1.1\r\nHost: a\r\n\r\n")
	if r := c.reply("GET"); r.status != 200 {
		t.Fatalf("before: %d %s", r.status, r.body)
	}
	c.send("GET /stuck HTTP/1.1\r\nHost: a\r\n\r\n")
	r := c.reply("GET")
	if r.status != 503 || r.header.Get("Connection") != "close" || r.header.Get("X-Skerry-Request-Id") == "" ||
		!strings.Contains(r.body, `"code":"exceeded_cpu","function":"f","version":3`) || !strings.Contains(r.body, `"limit":"cpu_ms","used":150,"allowed":50`) {
		t.Errorf("got %d %v %s", r.status, r.header, r.body)
	}
	close(answered)
	c.wantClosed()
	n.stop()
	if log := n.log.String(); strings.Count(log, "/stuck") != 1 || !strings.Contains(log, `"status":503,"outcome":"exceeded_cpu"`) || !strings.Contains(log, `"cpu_ms":150`) {
		t.Errorf("log: %s", log)
	}
	if got := metric(t, n.observer, `skerry_events_in_flight{function="f"}`); got != "0" {
		t.Errorf("%s events in flight", got)
	}
}

// TestOverrunOfAPipelinedRequest: where the response before may still be held back, another
// one must not come before it, and the connection just ends.
func TestOverrunOfAPipelinedRequest(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	n := start(t, func(_ context.Context, v *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
		if strings.HasSuffix(ev.Request.URL, "/1") {
			return &isolate.Response{Status: 200, Body: []byte("first")}, nil
		}
		ev.Waiter.Overrun(tooMuch)
		<-release
		return nil, tooMuch
	})
	c := n.dial(t)
	c.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
	if r, err := c.next("GET"); err == nil && r.body != "first" {
		t.Errorf("the first response is %d %s", r.status, r.body)
	}
	close(release)
}

func TestServerTiming(t *testing.T) {
	t.Parallel()
	h := func(_ context.Context, _ *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
		ev.HeadCPU = 1250 * 1000
		return &isolate.Response{Status: 200}, nil
	}
	n := start(t, h, func(c *gateway.Config) { c.ServerTiming = true })
	if got := n.get(t, "/").header.Get("Server-Timing"); !strings.HasPrefix(got, "cpu;dur=1.25, total;dur=") {
		t.Errorf("got %q", got)
	}
	if got := start(t, h).get(t, "/").header.Get("Server-Timing"); got != "" {
		t.Errorf("where it is off: %q", got)
	}
}
