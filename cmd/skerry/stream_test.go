package main_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// streamHost is the function whose bodies stream.
const streamHost = "streams.localhost"

// stream is a node with that function, and origins that it may reach.
type stream struct {
	*server
	origin     string // a URL
	chatty     string // the URL of one that says more than it announces
	dropOrigin func() // the node's connections to them
}

// startStream starts a node with the function's limits as given, beside those that it has.
func startStream(t testing.TB, limits string, args ...string) *stream {
	t.Helper()
	// What an origin says too much may be taken for the answer to the next request on the
	// connection: no other may share its connections.
	origin, chatty := httptest.NewServer(http.HandlerFunc(streamOrigin)), httptest.NewServer(http.HandlerFunc(streamOrigin))
	t.Cleanup(origin.Close)
	t.Cleanup(chatty.Close)
	script, err := os.ReadFile("testdata/streams/index.js")
	if err != nil {
		t.Fatal(err)
	}
	dir := write(t, map[string]string{
		"index.js": string(script),
		"skerry.toml": "name = \"streams\"\nmain = \"index.js\"\n[limits]\n" + limits +
			"\n[[kv]]\nbinding = \"KV\"\nnamespace = \"streams\"\n",
		"node.toml": fmt.Sprintf("[egress]\nallow_private = [%q, %q]\n", origin.Listener.Addr(), chatty.Listener.Addr()),
	})
	s := &stream{
		server: startServer(t, append(args, "--config", filepath.Join(dir, "node.toml"))...),
		origin: origin.URL, chatty: chatty.URL,
		dropOrigin: func() {
			origin.CloseClientConnections()
			chatty.CloseClientConnections()
		},
	}
	s.push(dir)
	return s
}

// to is the path of a case of the function's that asks the origin for what.
func (s *stream) to(name, what string) string { return asks(name, s.origin+what) }

// asks is the path of a case of the function's that asks for a URL.
func asks(name, to string) string { return name + "?" + url.Values{"to": {to}}.Encode() }

// streamPlaces are where functions run.
var streamPlaces = []struct {
	name string
	args []string
}{
	{"worker", []string{"--workers", "1"}},
	{"jail", []string{"--workers", "1", "--untrusted", "jail"}},
}

// streamOrigin answers in all the ways that an origin may, good and bad.
func streamOrigin(w http.ResponseWriter, r *http.Request) {
	name, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	n, _ := strconv.Atoi(rest) // those that need it have it
	switch name {
	case "echo":
		_ = http.NewResponseController(w).EnableFullDuplex() // HTTP/1.1 has it
		w.Header().Set("X-Length", strconv.FormatInt(r.ContentLength, 10))
		_, _ = io.Copy(w, r.Body)
	case "count":
		n, err := io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, n, err)
	case "gzip", "br", "zstd":
		w.Header().Set("Content-Encoding", name)
		code(name, w, func(w io.Writer) { fmt.Fprintf(w, "%d letters: %s", n, strings.Repeat("x", n)) })
	case "bomb":
		w.Header().Set("Content-Encoding", rest)
		code(rest, w, func(w io.Writer) { _, _ = io.CopyN(w, zeros{}, 300<<20) })
	case "redirect":
		w.Header().Set("Location", "/count")
		w.WriteHeader(n)
	case "endless":
		_, _ = io.Copy(w, zeros{})
	case "more": // than it says
		hijacked(w, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", n)
	case "less": // than it says
		hijacked(w, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", n+1), n)
	case "cut": // in the middle of a chunk
		hijacked(w, fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n", n+1), n)
	case "deaf": // closes without an answer
		hijacked(w, "", 0)
	}
}

// hijacked writes head and n bytes, and closes the connection.
func hijacked(w http.ResponseWriter, head string, n int) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, head)
	_, _ = io.CopyN(conn, zeros{}, int64(n))
}

// code writes what plain writes in a content coding.
func code(coding string, w io.Writer, plain func(io.Writer)) {
	var coder io.WriteCloser
	switch coding {
	case "gzip":
		coder, _ = gzip.NewWriterLevel(w, gzip.BestSpeed)
	case "br":
		coder = brotli.NewWriterLevel(w, brotli.BestSpeed)
	case "zstd":
		coder, _ = zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	}
	plain(coder)
	_ = coder.Close()
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// noise is n bytes of which no two parts are alike.
func noise(n int) []byte {
	p := make([]byte, n)
	random := rand.NewChaCha8([32]byte{})
	_, _ = random.Read(p) // it can't fail
	return p
}

// TestStreams sends bodies of every kind through a node.
func TestStreams(t *testing.T) {
	t.Parallel()
	for _, place := range streamPlaces {
		t.Run(place.name, func(t *testing.T) {
			t.Parallel()
			s := startStream(t, "body_mb = 10\ncpu_ms = 250", place.args...)
			t.Run("a large body comes back", s.checkEchoes)
			t.Run("what is too large", s.checkTooLarge)
			t.Run("bodies of the origin", s.checkOrigin)
			t.Run("a client that leaves", s.checkDeparture)
		})
	}
}

// checkEchoes sends a body and reads it while it comes back, through the function alone and
// through an origin behind it.
func (s *stream) checkEchoes(t *testing.T) {
	body := noise(8 << 20)
	want := sha256.Sum256(body)
	for _, tc := range []struct {
		name, path string
		length     int64
		header     string // of the origin's; empty: not asked
	}{
		{"with a length", "/echo", int64(len(body)), ""},
		{"in chunks", "/echo", -1, ""},
		{"through an origin", s.to("/proxy", "/echo"), int64(len(body)), strconv.Itoa(len(body))},
		{"through an origin, in chunks", s.to("/proxy", "/echo"), -1, "-1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.listen+tc.path, io.NopCloser(bytes.NewReader(body)))
			if err != nil {
				t.Fatal(err)
			}
			r.Host, r.ContentLength = streamHost, tc.length
			response, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			back, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != http.StatusOK || sha256.Sum256(back) != want {
				t.Fatalf("status %d, %d other bytes than the %d that were sent, %v", response.StatusCode, len(back), len(body), err)
			}
			if got := response.Header.Get("X-Length"); got != tc.header {
				t.Errorf("the origin saw the length %q, want %q", got, tc.header)
			}
		})
	}
	r, err := s.request(t.Context(), http.MethodPost, "streams", "/twice", nil, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if text, err := io.ReadAll(r.Body); string(text) != fmt.Sprintf("%d %[1]d", len(body)) || err != nil {
		t.Errorf("two that read the body got %q, %v", text, err)
	}
}

// checkTooLarge sends more than the function takes.
func (s *stream) checkTooLarge(t *testing.T) {
	for _, tc := range []struct{ name, path, framing string }{
		{"announced", "/count", "content-length: 11534336"},
		{"in the middle", "/count", "transfer-encoding: chunked"},
		{"in the middle, on its way to an origin", s.to("/proxy", "/count"), "transfer-encoding: chunked"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			conn := s.begin(t, "POST "+tc.path+" HTTP/1.1\r\n"+tc.framing+"\r\n")
			var to io.Writer = conn
			n := int64(1)
			if strings.HasSuffix(tc.framing, "chunked") {
				to, n = httputil.NewChunkedWriter(conn), 10<<20+1
			}
			if _, err := io.CopyN(to, zeros{}, n); err != nil {
				t.Fatal(err)
			}
			checkProblem(t, conn, http.StatusRequestEntityTooLarge, "body_too_large")
		})
	}
}

// checkProblem reads an answer that must be a problem with one of the codes.
func checkProblem(t *testing.T, from io.Reader, status int, codes ...string) {
	t.Helper()
	response, err := http.ReadResponse(bufio.NewReader(from), nil)
	if err != nil {
		t.Fatal(err)
	}
	var problem struct{ Code string }
	if err := json.NewDecoder(response.Body).Decode(&problem); err != nil || response.StatusCode != status || !slices.Contains(codes, problem.Code) {
		t.Errorf("status %d, code %q, %v, want %d and one of %q", response.StatusCode, problem.Code, err, status, codes)
	}
}

// checkOrigin fetches what origins answer.
func (s *stream) checkOrigin(t *testing.T) {
	long := strconv.Itoa(100_000)
	for _, tc := range []struct {
		name, method, path, want string
	}{
		{"gzip is decoded", "GET", s.to("/decoded", "/gzip/"+long), "null " + long + " letters: x"},
		{"br is decoded", "GET", s.to("/decoded", "/br/"+long), "null " + long + " letters: x"},
		{"zstd is decoded", "GET", s.to("/decoded", "/zstd/"+long), "null " + long + " letters: x"},
		{"what is passed on is decoded too", "GET", s.to("/fetch", "/br/5"), "5 letters: xxxxx"},
		{"a redirect keeps its body from being sent twice", "POST", s.to("/post", "/redirect/307"), "TypeError: "},
		{"a redirect to another method drops the body", "POST", s.to("/post", "/redirect/303"), "0 <nil>"},
		{"less than was announced", "GET", s.to("/counted", "/less/1000"), "TypeError: "},
		{"more than was announced", "GET", asks("/counted", s.chatty+"/more/1000"), "10"},
		{"a chunk that is cut", "GET", s.to("/counted", "/cut/1000"), "TypeError: "},
		{"no answer", "GET", s.to("/counted", "/deaf"), "TypeError: "},
		{"a body of which half is read", "GET", s.to("/half", "/endless"), "true"},
		{"a body that is not read", "GET", s.to("/ignored", "/endless"), "200"},
		{"a body that is aborted", "GET", s.to("/aborted", "/endless"), "AbortError"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var body io.Reader
			if tc.method == "POST" {
				body = struct{ io.Reader }{strings.NewReader(strings.Repeat("y", 100_000))} // no length is known
			}
			r, err := s.request(t.Context(), tc.method, "streams", tc.path, nil, body)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Body.Close()
			text, err := io.ReadAll(r.Body)
			if err != nil || r.StatusCode != http.StatusOK || !strings.HasPrefix(string(text), tc.want) {
				t.Errorf("status %d, %.200q, %v, want %q", r.StatusCode, text, err, tc.want)
			}
		})
	}
	conn := s.begin(t, "GET "+s.to("/decoded", "/bomb/gzip")+" HTTP/1.1\r\n")
	checkProblem(t, conn, http.StatusServiceUnavailable, "exceeded_memory", "exceeded_cpu") // whichever comes first
	// Where the head is out, an end that comes too early is one that the client sees.
	for _, path := range []string{s.to("/fetch", "/less/1000"), s.to("/fetch", "/cut/1000"), s.to("/fetch", "/bomb/zstd"), "/fails"} {
		r, err := s.request(t.Context(), "GET", "streams", path, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, r.Body)
		r.Body.Close()
		if err == nil || r.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d, and %d bytes as if they were all", path, r.StatusCode, n)
		}
	}
}

// leftWithin is a guard: bench/streams measures how soon a function hears that its client has
// left.
const leftWithin = 10 * time.Second

// checkDeparture reads events and leaves: the function hears of it in both ways.
func (s *stream) checkDeparture(t *testing.T) {
	conn := s.begin(t, "GET /events HTTP/1.1\r\nx-client: 1\r\n")
	in := bufio.NewReader(conn)
	response, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	events := bufio.NewReader(response.Body)
	for n := 1; n <= 3; n++ {
		for _, want := range []string{fmt.Sprintf("data: %d\n", n), "\n"} {
			if line, err := events.ReadString('\n'); line != want || err != nil {
				t.Fatalf("got %q, %v, want %q", line, err, want)
			}
		}
	}
	left := time.Now()
	conn.Close()
	var kept struct{ Aborted, Canceled string }
	for deadline := left.Add(leftWithin); kept.Aborted == "" || kept.Canceled == ""; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after %v, the function knows %+v", leftWithin, kept)
		}
		r, err := s.request(t.Context(), "GET", "streams", "/kept", http.Header{"X-Client": {"1"}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		err = json.NewDecoder(r.Body).Decode(&kept)
		r.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
	}
	for what, at := range map[string]string{"aborted": kept.Aborted, "canceled": kept.Canceled} {
		ms, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s after %d ms", what, ms-left.UnixMilli())
	}
}

// begin begins a request on a connection of its own.
func (s *stream) begin(t testing.TB, head string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.listen)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, head+"host: "+streamHost+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	return conn
}
