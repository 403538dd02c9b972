package load

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"
)

// idleMax is how long a connection may be idle and be used again: less than the time after
// which servers close theirs, so that a closed connection is news.
const idleMax = 4 * time.Second

// answer is what came back.
type answer struct {
	status int
	bytes  int // of the body
	err    error
}

// kind names what went wrong; empty: nothing did.
func (a answer) kind() string {
	var timeout net.Error
	var dns *net.DNSError
	var record tls.RecordHeaderError
	var certificate *tls.CertificateVerificationError
	switch {
	case a.err == nil && a.status >= 400:
		return "status " + strconv.Itoa(a.status)
	case a.err == nil:
		return ""
	case errors.Is(a.err, errUnsent):
		return kindUnsent
	case errors.Is(a.err, os.ErrDeadlineExceeded), errors.Is(a.err, context.DeadlineExceeded),
		errors.As(a.err, &timeout) && timeout.Timeout():
		return kindTimeout
	case errors.As(a.err, &dns):
		return "unknown host"
	case errors.Is(a.err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(a.err, syscall.ECONNRESET), errors.Is(a.err, syscall.EPIPE):
		return "reset"
	case errors.Is(a.err, io.EOF), errors.Is(a.err, io.ErrUnexpectedEOF):
		return "closed"
	case errors.As(a.err, &certificate), errors.As(a.err, &record):
		return "tls"
	case errors.Is(a.err, syscall.EADDRNOTAVAIL), errors.Is(a.err, syscall.EMFILE):
		return "no more connections on this machine"
	default:
		return "no HTTP"
	}
}

// Kinds of errors of requests that ran out of time.
const (
	kindTimeout = "timeout"
	kindUnsent  = "timeout before it was sent"
)

// errUnsent says that a request's time was over before anybody was free to send it.
var errUnsent = errors.New("the request's time was over before it could be sent")

// sender sends a request and waits for its answer.
type sender interface {
	send(r *Request, deadline time.Time) answer
	close()
}

// client sends requests over connections that it keeps. It is safe for concurrent use.
type client struct {
	connect string // empty: where the request's origin is
	tls     *tls.Config
	dialer  net.Dialer
	mu      struct {
		sync.Mutex
		idle   map[origin][]*connection // stacks: the one used last is used next
		open   map[*connection]struct{}
		closed bool
	}
}

// connection is one of a client's, used by one request at a time.
type connection struct {
	net.Conn
	origin   origin
	reader   *bufio.Reader
	response fasthttp.Response
	used     time.Time // when its last answer was complete
	failed   error     // why the last Read failed: the codec doesn't say
}

// Read reads, and remembers why it could not.
func (k *connection) Read(b []byte) (int, error) {
	n, err := k.Conn.Read(b)
	k.failed = err
	return n, err
}

func newClient(cfg Config) *client {
	c := &client{connect: cfg.Connect, tls: &tls.Config{InsecureSkipVerify: cfg.Insecure, ClientSessionCache: tls.NewLRUClientSessionCache(0)}}
	c.mu.idle, c.mu.open = make(map[origin][]*connection), make(map[*connection]struct{})
	return c
}

// close ends all connections, and what waits for an answer on one.
func (c *client) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.closed = true
	for k := range c.mu.open {
		_ = k.Conn.Close()
	}
	clear(c.mu.open)
	clear(c.mu.idle)
}

// send implements sender.
func (c *client) send(r *Request, deadline time.Time) answer {
	k, err := c.take(r.origin, deadline)
	if err != nil {
		return answer{err: err}
	}
	keep, a := k.exchange(r, deadline)
	c.give(k, keep)
	return a
}

// exchange sends r and reads the answer, and says whether the connection can be used again.
func (k *connection) exchange(r *Request, deadline time.Time) (keep bool, a answer) {
	if err := k.SetDeadline(deadline); err != nil {
		return false, answer{err: err}
	}
	if _, err := k.Write(r.raw); err != nil {
		return false, answer{err: err}
	}
	w := &k.response
	w.Reset()
	w.SkipBody = r.method == http.MethodHead
	if err := w.Read(k.reader); err != nil {
		if k.failed != nil {
			err = k.failed
		}
		return false, answer{err: err}
	}
	k.used = time.Now()
	return !w.ConnectionClose() && k.reader.Buffered() == 0, answer{status: w.StatusCode(), bytes: len(w.Body())}
}

// take returns a connection that is idle, or a new one.
func (c *client) take(o origin, deadline time.Time) (*connection, error) {
	c.mu.Lock()
	if stack := c.mu.idle[o]; len(stack) > 0 {
		k := stack[len(stack)-1]
		if time.Since(k.used) < idleMax {
			c.mu.idle[o] = stack[:len(stack)-1]
			c.mu.Unlock()
			return k, nil
		}
		for _, old := range stack { // the others are idle for longer still
			_ = old.Conn.Close()
			delete(c.mu.open, old)
		}
		delete(c.mu.idle, o)
	}
	c.mu.Unlock()
	return c.dial(o, deadline)
}

func (c *client) dial(o origin, deadline time.Time) (*connection, error) {
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	raw, err := c.dialer.DialContext(ctx, "tcp", c.address(o))
	if err != nil {
		return nil, err
	}
	k := &connection{Conn: raw, origin: o}
	if o.tls {
		config := c.tls.Clone()
		config.ServerName, _, _ = net.SplitHostPort(o.address)
		secure := tls.Client(raw, config)
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = raw.Close()
			return nil, err
		}
		k.Conn = secure
	}
	k.reader = bufio.NewReaderSize(k, 16<<10)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.closed {
		_ = k.Conn.Close()
		return nil, net.ErrClosed
	}
	c.mu.open[k] = struct{}{}
	return k, nil
}

// address is where connections to o go. Names under localhost are this machine by
// definition, whatever its resolver knows of them.
//
// Spec: https://www.rfc-editor.org/rfc/rfc6761#section-6.3
func (c *client) address(o origin) string {
	if c.connect != "" {
		return c.connect
	}
	host, port, _ := net.SplitHostPort(o.address)
	if name := strings.ToLower(strings.TrimSuffix(host, ".")); strings.HasSuffix(name, ".localhost") {
		return net.JoinHostPort("localhost", port)
	}
	return o.address
}

// give takes a connection back, which is closed if it can't be used again.
func (c *client) give(k *connection, keep bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if keep && !c.mu.closed {
		c.mu.idle[k.origin] = append(c.mu.idle[k.origin], k)
		return
	}
	delete(c.mu.open, k)
	_ = k.Conn.Close()
}
