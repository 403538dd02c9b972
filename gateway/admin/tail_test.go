package admin_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skerry-edge/skerry/gateway/admin"
	"github.com/skerry-edge/skerry/gateway/observe"
	"github.com/skerry-edge/skerry/isolate"
)

func TestTail(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	errEnough := errors.New("enough")
	for _, tc := range []struct {
		function string
		want     string
	}{
		{"", "log a 1, log b 2, request a, log a 3"},
		{"a", "log a 1, request a, log a 3"},
		{"b", "log b 2"},
	} {
		t.Run("of "+tc.function, func(t *testing.T) {
			var got []string
			err := n.Tail(t.Context(), tc.function, func() {
				n.observer.Log(isolate.LogLine{Function: "a", Level: "log", Message: "1"})
				n.observer.Log(isolate.LogLine{Function: "b", Level: "log", Message: "2"})
				f := n.observer.Function("a")
				f.Begin()
				f.End(&observe.Record{Function: "a"})
				n.observer.Log(isolate.LogLine{Function: "a", Level: "log", Message: "3"})
			}, func(document json.RawMessage) error {
				var line struct{ Type, Function, Message string }
				if err := json.Unmarshal(document, &line); err != nil {
					return err
				}
				got = append(got, strings.TrimSpace(line.Type+" "+line.Function+" "+line.Message))
				if strings.Join(got, ", ") == tc.want || len(got) > 4 {
					return errEnough
				}
				return nil
			})
			if !errors.Is(err, errEnough) || strings.Join(got, ", ") != tc.want {
				t.Errorf("got %q, %v; want %s", got, err, tc.want)
			}
		})
	}
}

func TestTailWithHEADEnds(t *testing.T) {
	t.Parallel()
	if a := newNode(t).send("HEAD", "/v1/tail", ""); a.status != 200 || a.header.Get("Content-Type") != "application/x-ndjson" {
		t.Errorf("%d %v", a.status, a.header)
	}
}

func TestTailEndsWithItsReader(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	ctx, cancel := context.WithCancel(t.Context())
	if err := n.Tail(ctx, "", cancel, func(json.RawMessage) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// slowTail serves the control API in a bubble, over a connection that holds nothing back:
// what is not read is not written.
func slowTail(t *testing.T, test func(o *observe.Observer, lines *bufio.Scanner)) {
	synctest.Test(t, func(t *testing.T) {
		o := observe.New(observe.Config{})
		api, err := admin.New(admin.Config{Token: token, Tail: o})
		if err != nil {
			t.Fatal(err)
		}
		near, far := net.Pipe()
		server := &http.Server{Handler: api}
		listener := &oneConnection{conns: make(chan net.Conn, 1), closed: make(chan struct{})}
		listener.conns <- far
		served := make(chan error, 1)
		go func() { served <- server.Serve(listener) }()
		if _, err := fmt.Fprintf(near, "GET /v1/tail HTTP/1.0\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n", token); err != nil {
			t.Fatal(err)
		}
		scan := bufio.NewScanner(near)
		for scan.Scan() && scan.Text() != "" { // the head
		}
		test(o, scan)
		if err := errors.Join(near.Close(), server.Close()); err != nil {
			t.Error(err)
		}
		<-served
	})
}

// oneConnection is a listener that accepts one connection.
type oneConnection struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l *oneConnection) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *oneConnection) Close() error   { close(l.closed); return nil }
func (l *oneConnection) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func TestASlowReaderLearnsWhatItMissed(t *testing.T) {
	t.Parallel()
	slowTail(t, func(o *observe.Observer, lines *bufio.Scanner) {
		const written = 2000
		for range written {
			o.Log(isolate.LogLine{Function: "f", Level: "log", Message: "x"})
			synctest.Wait()
		}
		seen := 0
		for lines.Scan() {
			var line struct {
				Type  string
				Lines int
			}
			if lines.Text() == "" { // a heartbeat: nothing is left to say
				t.Fatalf("of %d lines %d were seen, and no word of the others", written, seen)
			}
			if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
				t.Fatalf("%v: %s", err, lines.Text())
			}
			if line.Type != "dropped" {
				seen++
				continue
			}
			if seen == 0 || line.Lines == 0 || line.Lines >= written {
				t.Errorf("after %d lines %d were dropped", seen, line.Lines)
			}
			for ; seen+line.Lines < written; seen++ {
				if !lines.Scan() || !strings.Contains(lines.Text(), `"log"`) {
					t.Fatalf("%d were seen and %d dropped of %d, then: %s", seen, line.Lines, written, lines.Text())
				}
			}
			return
		}
	})
}

func TestATailThatHasNothingToSayIsAlive(t *testing.T) {
	t.Parallel()
	slowTail(t, func(_ *observe.Observer, lines *bufio.Scanner) {
		began := time.Now()
		for beat := range 3 {
			if !lines.Scan() || lines.Text() != "" || time.Since(began) != time.Duration(beat+1)*admin.Heartbeat {
				t.Errorf("after %v: %q", time.Since(began), lines.Text())
			}
		}
	})
}

func TestAReaderThatStoppedReadingIsCut(t *testing.T) {
	t.Parallel()
	slowTail(t, func(_ *observe.Observer, lines *bufio.Scanner) {
		time.Sleep(10 * admin.Heartbeat)
		read := 0
		for read < 3 && lines.Scan() {
			read++
		}
		if read > 1 {
			t.Errorf("after it had read nothing for %v, it was sent %d lines", 10*admin.Heartbeat, read)
		}
	})
}
