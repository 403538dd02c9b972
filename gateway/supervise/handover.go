package supervise

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/skerry-edge/skerry/gateway/supervise/control"
)

// What a process that replaces another says to it.
const (
	fileHandover  = "handover" // the successor's end of the connection
	methodHello   = "supervise.hello"
	methodServing = "supervise.serving"
)

// hello is a successor's first word. Its answer comes when the predecessor has released
// what only one process may hold.
type hello struct {
	Version string `json:"version"`
}

// ErrAbandoned is returned to a successor whose predecessor goes on itself, or was gone
// before it had let go: the successor must end.
var ErrAbandoned = errors.New("supervise: the process to be replaced has called it off")

// Handover is a successor's side of an upgrade. A process that replaces none has a nil
// Handover, whose methods do nothing.
type Handover struct{ conn *control.Conn }

// Handover returns the connection to the process that this one replaces, nil when it
// replaces none. handlers are what that process may ask, until Close.
func (in *Inheritance) Handover(handlers map[string]control.Handler) (*Handover, error) {
	f := in.File(fileHandover)
	if f == nil {
		return nil, nil
	}
	conn, err := control.New(f, childSide(handlers))
	if err != nil {
		return nil, fmt.Errorf("supervise: handover: %w", err)
	}
	return &Handover{conn}, nil
}

// Accept says that this process is there, in the words of version, and waits until the
// predecessor has released what only one process may hold. Until it returns nil this
// process must open nothing of that kind; after an error it must end.
func (h *Handover) Accept(ctx context.Context, version string) error {
	if h == nil {
		return nil
	}
	if err := h.conn.Call(ctx, methodHello, hello{version}, nil); err != nil {
		return fmt.Errorf("%w: %w", ErrAbandoned, err)
	}
	return nil
}

// Serving says that this process serves: the predecessor drains and ends. After an error,
// which is ErrAbandoned, this process must end.
func (h *Handover) Serving(ctx context.Context) error {
	if h == nil {
		return nil
	}
	err := h.conn.Call(ctx, methodServing, nil, nil)
	// A predecessor that is gone by now leaves everything to us.
	if err != nil && !errors.Is(err, control.ErrGone) {
		return fmt.Errorf("%w: %w", ErrAbandoned, err)
	}
	return nil
}

// Conn is the connection to the predecessor, for calls of one's own; nil without one.
func (h *Handover) Conn() *control.Conn {
	if h == nil {
		return nil
	}
	return h.conn
}

// Done is closed when the predecessor is gone; without one it is never.
func (h *Handover) Done() <-chan struct{} {
	if h == nil {
		return nil
	}
	return h.conn.Done()
}

// Close ends the connection.
func (h *Handover) Close() error {
	if h == nil {
		return nil
	}
	return h.conn.Close()
}

// startSuccessor starts a process that is not ours to keep: it outlives us.
func startSuccessor(path string, args, env []string, files []File) (*Process, error) {
	env, err := environment(env, files, "NOTIFY_SOCKET")
	if err != nil {
		return nil, err
	}
	open := []*os.File{os.Stdin, os.Stdout, os.Stderr}
	for _, f := range files {
		open = append(open, f.File)
	}
	process, err := forkExec(path, args, env, open, successorAttributes())
	if err != nil {
		return nil, err
	}
	return newProcess(process, nil, nil), nil
}
