package gateway

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/skerry-edge/skerry/isolate"
)

const (
	acceptPauseMin = 5 * time.Millisecond
	acceptPauseMax = time.Second
)

// listener bounds connections and never gives the port up: fasthttp takes an error of Accept
// for the end, and a process that is out of files gets one for each client.
type listener struct {
	net.Listener
	trusted    proxies
	gate       *gate
	departures *departures   // of the connections' clients
	max        int           // open connections
	maxPeer    int           // of one address that is no trusted proxy
	slack      time.Duration // by which deadlines may come sooner
	head       time.Duration // that a client may take for a head, from its first byte
	silence    time.Duration // before that byte

	failures  atomic.Uint64 // errors of Accept
	tooMany   atomic.Uint64 // refused: the node had enough
	tooGreedy atomic.Uint64 // refused: their address had enough
	onFailure func(error)   // called for the first error of a row

	stop chan struct{} // closed by Close
	mu   struct {
		sync.Mutex
		conns   map[*conn]struct{}
		peers   map[netip.Addr]int // connections that count against maxPeer
		stopped bool
	}
}

func newListener(ln net.Listener, cfg *Config, d *departures, onFailure func(error)) *listener {
	l := &listener{
		Listener: ln, trusted: cfg.Trusted, gate: newGate(ln, cfg.Busy), departures: d,
		max: cfg.Connections, maxPeer: cfg.ConnectionsPerIP, slack: slackOf(cfg),
		head: cfg.HeadTimeout, silence: cfg.IdleTimeout,
		onFailure: onFailure, stop: make(chan struct{}),
	}
	l.mu.conns = make(map[*conn]struct{})
	l.mu.peers = make(map[netip.Addr]int)
	return l
}

// Accept returns the next connection that is within bounds. Its error is io.EOF, after
// Close; any other error of the listener below is waited out.
func (l *listener) Accept() (net.Conn, error) {
	pause := time.Duration(0)
	for {
		l.gate.wait(l.stop)
		nc, err := l.Listener.Accept()
		if err == nil {
			pause = 0
			if c := l.admit(nc); c != nil {
				return c, nil
			}
			continue
		}
		select {
		case <-l.stop:
			return nil, io.EOF
		default:
		}
		l.failures.Add(1)
		if pause == 0 {
			l.onFailure(err)
		}
		pause = min(max(2*pause, acceptPauseMin), acceptPauseMax)
		select {
		case <-l.stop:
			return nil, io.EOF
		case <-time.After(pause):
		}
	}
}

// Close stops accepting. Connections live on.
func (l *listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mu.stopped {
		return nil
	}
	l.mu.stopped = true
	close(l.stop)
	l.gate.close()
	return l.Listener.Close()
}

// admit wraps a connection, or turns it away and returns nil.
func (l *listener) admit(nc net.Conn) *conn {
	p := l.peerOf(nc)
	l.mu.Lock()
	var refused *problem
	switch {
	case l.mu.stopped:
		refused = refuse(isolate.OutcomeCanceled, "")
	case len(l.mu.conns) >= l.max:
		l.tooMany.Add(1)
		refused = refuse(isolate.OutcomeOverloaded, "Too many connections are open.")
	case p.counted() && l.mu.peers[p.addr] >= l.maxPeer:
		l.tooGreedy.Add(1)
		refused = refuse(outcomeRateLimited, "")
	}
	if refused != nil {
		l.mu.Unlock()
		turnAway(nc, refused)
		return nil
	}
	c := newConn(nc, l, p)
	l.mu.conns[c] = struct{}{}
	if p.counted() {
		l.mu.peers[p.addr]++
	}
	l.mu.Unlock()
	return c
}

func (l *listener) peerOf(nc net.Conn) peer {
	tcp, ok := nc.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return peer{}
	}
	addr := tcp.AddrPort().Addr().Unmap().WithZone("")
	return peer{addr, addr.String(), l.trusted.trust(addr)}
}

// turnAway answers a connection that is not served at all. The answer fits into the
// socket's buffer: the goroutine that accepts doesn't wait for the client.
func turnAway(nc net.Conn, p *problem) {
	var id [idLen]byte
	newID(&id, time.Now())
	d := newDocument(p, false)
	d.RequestID = string(id[:])
	body := d.render(formatJSON)
	nc.SetWriteDeadline(time.Now().Add(10 * time.Millisecond))
	fmt.Fprintf(nc, "HTTP/1.1 %d %s\r\nConnection: close\r\nRetry-After: 1\r\nContent-Type: %s\r\nContent-Length: %d\r\n"+
		"X-Skerry-Request-Id: %s\r\n\r\n%s", d.Status, d.Title, formatJSON.contentType(), len(body), id[:], body)
	nc.Close()
}

// forget takes a connection that is closing off the books.
func (l *listener) forget(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.mu.conns, c)
	if !c.peer.counted() {
		return
	}
	if n := l.mu.peers[c.peer.addr] - 1; n > 0 {
		l.mu.peers[c.peer.addr] = n
	} else {
		delete(l.mu.peers, c.peer.addr)
	}
}

// open returns how many connections there are.
func (l *listener) open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.mu.conns)
}

// all returns the connections of this moment.
func (l *listener) all() []*conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]*conn, 0, len(l.mu.conns))
	for c := range l.mu.conns {
		all = append(all, c)
	}
	return all
}
