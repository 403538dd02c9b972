package supervise

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/skerry-edge/skerry/gateway/supervise/control"
)

// What parent and child ask each other.
const (
	fileControl     = "control" // the child's end of the connection
	methodReady     = "supervise.ready"
	methodCondemned = "supervise.condemned"
	methodDrain     = "supervise.drain"
	methodPing      = "supervise.ping"
)

// condemnation is what a child says of itself.
type condemnation struct {
	Culprit uint64 `json:"culprit,omitempty"`
	Cause   string `json:"cause,omitempty"`
}

// drainOrder is what a parent tells a child.
type drainOrder struct {
	Patience time.Duration `json:"patience"` // until it is killed
}

// ErrNoParent is returned to a process that no Supervisor has started.
var ErrNoParent = errors.New("supervise: no supervisor has started this process")

// Link is a child's connection to the [Supervisor] that started it. It is safe for
// concurrent use.
type Link struct {
	conn     *control.Conn
	draining chan struct{} // closed by the first drain
	mu       struct {
		sync.Mutex
		drained  bool
		patience time.Duration
	}
}

// Connect joins this process to its Supervisor. handlers are what the Supervisor's
// [Child.Call] may ask; they may be called before Connect returns.
func (in *Inheritance) Connect(handlers map[string]control.Handler) (*Link, error) {
	f := in.File(fileControl)
	if f == nil {
		return nil, ErrNoParent
	}
	l := &Link{draining: make(chan struct{})}
	all := maps.Clone(handlers)
	if all == nil {
		all = make(map[string]control.Handler)
	}
	all[methodDrain] = l.drain
	all[methodPing] = func(context.Context, *control.Request) (any, error) { return nil, nil }
	conn, err := control.New(f, childSide(all))
	if err != nil {
		return nil, fmt.Errorf("supervise: connect: %w", err)
	}
	l.conn = conn
	return l, nil
}

// A parent believes little of a child and sends it much; a child believes its parent.
const (
	fromChildBytesMax = 1 << 20
	toChildBytesMax   = 64 << 20
)

func childSide(handlers map[string]control.Handler) control.Config {
	return control.Config{Handlers: handlers, FrameBytesMax: toChildBytesMax, SendBytesMax: fromChildBytesMax, CallsMax: 1024}
}

func parentSide(handlers map[string]control.Handler) control.Config {
	return control.Config{Handlers: handlers, FrameBytesMax: fromChildBytesMax, SendBytesMax: toChildBytesMax}
}

func (l *Link) drain(_ context.Context, r *control.Request) (any, error) {
	var order drainOrder
	if err := r.Decode(&order); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.mu.drained {
		l.mu.drained, l.mu.patience = true, order.Patience
		close(l.draining)
	}
	return nil, nil
}

// Conn is the connection, for calls of one's own.
func (l *Link) Conn() *control.Conn { return l.conn }

// Ready tells the Supervisor that this process serves.
func (l *Link) Ready(ctx context.Context) error { return l.conn.Call(ctx, methodReady, nil, nil) }

// Condemned tells the Supervisor that this process can't go on, and whose fault it is (0:
// nobody's). A successor starts at once. The process should stop accepting, let the others'
// events finish, and exit within Config.DrainMax.
func (l *Link) Condemned(ctx context.Context, culprit uint64, cause string) error {
	return l.conn.Call(ctx, methodCondemned, condemnation{culprit, oneLine(cause)}, nil)
}

// Draining is closed when the process is to stop accepting, finish what it has begun, and
// exit.
func (l *Link) Draining() <-chan struct{} { return l.draining }

// Patience is how long the process has to finish after Draining, before it is killed.
func (l *Link) Patience() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mu.patience
}

// Done is closed when the parent is gone: the process should end. On Linux the kernel has
// killed it by then.
func (l *Link) Done() <-chan struct{} { return l.conn.Done() }

// Close ends the connection.
func (l *Link) Close() error { return l.conn.Close() }
