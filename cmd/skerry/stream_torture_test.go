package main_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The ends of an exchange that went wrong on purpose, beside the codes of problem documents
// and endClosed.
const (
	endWhole = "whole" // all of an answer came
	endLeft  = "left"  // the client left, as it meant to
)

// broken are exchanges in which one of three goes wrong: the client, the function or the
// origin. Each has one of its ends.
var broken = []struct {
	name string
	once func(ctx context.Context, s *stream) (string, error)
	ends []string
}{
	{"an upload that is torn", tornUpload("/count", "content-length: 1000000", 300_000), []string{endLeft}},
	{"an upload in chunks that is torn", tornUpload("/count", "transfer-encoding: chunked", 300_000), []string{endLeft}},
	{"an echo that is torn", tornUpload("/echo", "transfer-encoding: chunked", 300_000), []string{endLeft}},
	{"an upload that is torn on its way to an origin", func(ctx context.Context, s *stream) (string, error) {
		return tornUpload(s.to("/proxy", "/count"), "content-length: 1000000", 300_000)(ctx, s)
	}, []string{endLeft}},
	{"an upload that is not read", sendBody("/unread", 300_000), []string{endWhole}},
	{"an upload that is too large", sendBody("/count", 1<<20+1), []string{"body_too_large", endClosed}},
	{"chunks that are none", func(ctx context.Context, s *stream) (string, error) {
		return s.exchange(ctx, "POST /count HTTP/1.1\r\ntransfer-encoding: chunked\r\n", func(conn io.Writer) error {
			_, err := io.WriteString(conn, "5\r\nhello\r\nxyz\r\n")
			return err
		})
	}, []string{"bad_request"}},

	{"a download that is torn", tornDownload(func(*stream) string { return "/endless" }), []string{endLeft}},
	{"an origin without end, and a client that leaves", tornDownload(func(s *stream) string { return s.to("/fetch", "/endless") }), []string{endLeft}},
	{"a silent stream whose client leaves", func(ctx context.Context, s *stream) (string, error) {
		return s.leave(ctx, "GET /silent HTTP/1.1\r\n", 0)
	}, []string{endLeft}},
	{"a stream that fails", get("/fails"), []string{endCut, endClosed}},

	{"an origin that sends less than it says", fetched("/fetch", "/less/1000"), []string{endCut, endClosed}},
	{"an origin that sends more than it says", func(ctx context.Context, s *stream) (string, error) {
		return get(asks("/fetch", s.chatty+"/more/1000"))(ctx, s)
	}, []string{endWhole, "exception"}}, // the rest may be taken for the answer to the next
	{"an origin that ends in a chunk", fetched("/counted", "/cut/1000"), []string{endWhole}},
	{"an origin that does not answer", fetched("/counted", "/deaf"), []string{endWhole}},
	{"an origin without end that is not read", fetched("/ignored", "/endless"), []string{endWhole}},
	{"an origin without end that is read a little", fetched("/half", "/endless"), []string{endWhole}},
	{"an origin without end that is aborted", fetched("/aborted", "/endless"), []string{endWhole}},
}

// bombs are large when they are decoded: there are few, for each takes a while.
var bombs = []string{"gzip", "br", "zstd"}

// TestBrokenStreams has exchanges that go wrong, many at once. Afterwards the node holds what
// it held before.
func TestBrokenStreams(t *testing.T) {
	t.Parallel()
	rounds, bombRounds := 40, 1
	if os.Getenv("SKERRY_TORTURE") != "" {
		rounds, bombRounds = 10_000/len(broken)+1, 20
	}
	for _, place := range []struct {
		name string
		args []string
	}{
		{"alone", []string{"--workers", "0"}}, // the one whose goroutines can be counted
		{"worker", []string{"--workers", "1"}},
		{"jail", []string{"--workers", "1", "--untrusted", "jail"}},
	} {
		t.Run(place.name, func(t *testing.T) {
			t.Parallel()
			s := startStream(t, "body_mb = 1\ncpu_ms = 250", place.args...)
			s.breakAll(t, 1)
			before := s.settled(t)
			t.Logf("before: %v", before)
			began := time.Now()
			s.breakAll(t, rounds)
			t.Logf("%d exchanges took %v", rounds*len(broken), time.Since(began))
			for range bombRounds {
				for _, coding := range bombs {
					if end, err := fetched("/fetch", "/bomb/"+coding)(t.Context(), s); end != endCut && end != endClosed {
						t.Errorf("a bomb of %s ended with %q, %v", coding, end, err)
					}
				}
			}
			var after holdings
			for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
				if after = s.held(t); after.within(before) {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("the node held %v, and holds %v after %d exchanges", before, after, rounds*len(broken))
				}
			}
			t.Logf("after %d exchanges and %v: %v", rounds*len(broken), time.Since(began), after)
			if _, body, err := s.get("streams", "/unread"); body != "unread" || err != nil {
				t.Errorf("afterwards, the function answers %q, %v", body, err)
			}
		})
	}
}

// breakAll has each exchange n times, some at once.
func (s *stream) breakAll(t *testing.T, n int) {
	t.Helper()
	const atOnce = 16
	var next atomic.Int64
	var group sync.WaitGroup
	for range atOnce {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(n*len(broken)); i = next.Add(1) - 1 {
				b := broken[i%int64(len(broken))]
				ctx, cancel := context.WithTimeout(t.Context(), hungAfter)
				end, err := b.once(ctx, s)
				if ctx.Err() != nil {
					end = endHung
				}
				cancel()
				if !slices.Contains(b.ends, end) {
					t.Errorf("%s ended with %q, %v, want one of %q", b.name, end, err, b.ends)
				}
			}
		})
	}
	group.Wait()
}

// holdings are what leaks.
type holdings struct {
	processes   []int
	descriptors int // of all processes
	goroutines  int // of the process that serves; 0: it is not the one that can be asked
	events      int // in flight
}

func (h holdings) String() string {
	return fmt.Sprintf("processes %v, %d descriptors, %d goroutines, %d events", h.processes, h.descriptors, h.goroutines, h.events)
}

// within says whether h is no more than what was before, a few that come and go aside. The
// goroutines of the HTTP server wait 10 s for another connection: fewer of them than there were
// exchanges of each kind may be among those before.
func (h holdings) within(before holdings) bool {
	const few = 5
	return slices.Equal(h.processes, before.processes) && h.descriptors <= before.descriptors+few && h.goroutines <= before.goroutines+few && h.events <= before.events
}

// held counts what the node holds, once no connection is kept for later.
func (s *stream) held(t *testing.T) (h holdings) {
	t.Helper()
	s.dropOrigin()
	for _, p := range processes(s.cmd.Process.Pid) {
		list, err := os.ReadDir("/proc/" + strconv.Itoa(p.pid) + "/fd")
		if err != nil {
			continue // it has just ended
		}
		h.processes = append(h.processes, p.pid)
		h.descriptors += len(list)
	}
	h.events = s.metric(t, `skerry_events_in_flight{function="streams"}`)
	if slices.Contains(s.args, "0") {
		h.goroutines = s.metric(t, "go_goroutines")
	}
	return h
}

// settled counts what the node holds when no event runs and it holds no less a moment later.
func (s *stream) settled(t *testing.T) holdings {
	t.Helper()
	last := s.held(t)
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		time.Sleep(300 * time.Millisecond)
		now := s.held(t)
		if now.events == 0 && now.descriptors >= last.descriptors && now.goroutines >= last.goroutines {
			return now
		}
		last = now
	}
	t.Fatalf("the node does not settle: %v", last)
	return last
}

// metric reads a metric of the node; 0: it has none of this name.
func (s *stream) metric(t *testing.T, name string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.admin+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := os.ReadFile(s.data + "/admin.token")
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+string(token))
	response, err := freshClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	for scan := bufio.NewScanner(response.Body); scan.Scan(); {
		if rest, ok := strings.CutPrefix(scan.Text(), name+" "); ok {
			n, err := strconv.ParseFloat(rest, 64)
			if err != nil {
				t.Fatal(err)
			}
			return int(n)
		}
	}
	return 0
}

// exchange sends a request, its body by send, and says how the answer ended.
func (s *stream) exchange(ctx context.Context, head string, send func(io.Writer) error) (string, error) {
	conn, err := s.dial(ctx, head)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	var sent error
	if send != nil {
		sent = send(conn) // an early answer ends it
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return endClosed, errors.Join(sent, err)
	}
	end, err := endOf(response)
	switch {
	case err != nil:
		return endClosed, err
	case end == endAnswer:
		return endWhole, nil
	}
	return end, nil
}

// leave sends a request, reads n bytes of the answer and is gone.
func (s *stream) leave(ctx context.Context, head string, n int64) (string, error) {
	conn, err := s.dial(ctx, head)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if n > 0 {
		if _, err := io.CopyN(io.Discard, conn, n); err != nil {
			return endClosed, err
		}
	}
	return endLeft, nil
}

// dial begins a request on a connection that ends with ctx.
func (s *stream) dial(ctx context.Context, head string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", s.listen)
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		err = conn.SetDeadline(deadline)
	}
	if err == nil {
		_, err = io.WriteString(conn, head+"host: "+streamHost+"\r\nconnection: close\r\n\r\n")
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// tornUpload begins to send a body and leaves in the middle.
func tornUpload(path, framing string, n int64) func(context.Context, *stream) (string, error) {
	return func(ctx context.Context, s *stream) (string, error) {
		conn, err := s.dial(ctx, "POST "+path+" HTTP/1.1\r\n"+framing+"\r\n")
		if err != nil {
			return "", err
		}
		defer conn.Close()
		_, err = io.CopyN(framed(conn, framing), zeros{}, n)
		return endLeft, err
	}
}

// framed is what a body is written to.
func framed(conn io.Writer, framing string) io.Writer {
	if strings.HasSuffix(framing, "chunked") {
		return httputil.NewChunkedWriter(conn)
	}
	return conn
}

// upload sends n bytes.
func sendBody(path string, n int64) func(context.Context, *stream) (string, error) {
	return func(ctx context.Context, s *stream) (string, error) {
		return s.exchange(ctx, "POST "+path+" HTTP/1.1\r\ntransfer-encoding: chunked\r\n", func(conn io.Writer) error {
			w := httputil.NewChunkedWriter(conn)
			if _, err := io.CopyN(w, zeros{}, n); err != nil {
				return err
			}
			_, err := io.WriteString(conn, "0\r\n\r\n")
			return err
		})
	}
}

// tornDownload reads some of the answer and leaves.
func tornDownload(path func(*stream) string) func(context.Context, *stream) (string, error) {
	return func(ctx context.Context, s *stream) (string, error) {
		return s.leave(ctx, "GET "+path(s)+" HTTP/1.1\r\n", 50_000)
	}
}

// get reads an answer to its end.
func get(path string) func(context.Context, *stream) (string, error) {
	return func(ctx context.Context, s *stream) (string, error) {
		return s.exchange(ctx, "GET "+path+" HTTP/1.1\r\n", nil)
	}
}

// fetched has a case of the function's ask the origin for what, and reads the answer to its end.
func fetched(name, what string) func(context.Context, *stream) (string, error) {
	return func(ctx context.Context, s *stream) (string, error) {
		return get(s.to(name, what))(ctx, s)
	}
}
