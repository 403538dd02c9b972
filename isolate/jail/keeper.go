package jail

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/skerry-edge/skerry/bundles"
)

// Spec is what a process to be started is for.
type Spec struct {
	Function string   // empty: to check one bundle that is not live
	Control  *os.File // what the process needs as ServerConfig.Control; Start's to pass on, the keeper's to close
}

// Process is a running jail, as its keeper sees it.
type Process interface {
	Pid() int
	// Wait returns when the process has ended: nil after exit status 0, otherwise how it
	// ended. The error wraps ErrMemory if its memory limit killed it. It is called once.
	Wait() error
	// Kill ends the process at once. It may be called at any time, also after the end.
	Kill()
}

// ErrMemory says that the kernel killed a jail at its memory limit.
var ErrMemory = errors.New("jail: killed at its memory limit")

// Loss is the end of a jail that its keeper did not mean.
type Loss struct {
	Function string
	Pid      int
	Cause    string // "signal: killed", "a turn ran over its budget"
	Memory   bool   // the memory limit killed it
}

// KeeperConfig is what a Keeper needs.
type KeeperConfig struct {
	// Start starts a jail: a process that makes a Server with its Control and serves. It is
	// called on any goroutine.
	Start func(ctx context.Context, spec Spec) (Process, error)

	// Admit, if not nil, says whether a function may have a jail now. Its error is Open's,
	// and should wrap ErrRefused.
	Admit func(function string) error

	// Overrun, if not nil, is asked every 20 ms whether the process must be killed because of
	// what runs in it, and why; empty: no.
	Overrun func(Process) (cause string)

	// Lost, if not nil, is called when a jail has ended that should not have. It must not
	// block.
	Lost func(Loss)

	JailsMax int           // at once; 0: 256
	StartMax time.Duration // from Start until the jail serves; 0: 5 s
	DrainMax time.Duration // for events of a jail that makes room for another; 0: 1 s
	CheckMax time.Duration // for Check, all in all; 0: 10 s
}

// Keeper owns the jails of a node. All methods are safe for concurrent use.
type Keeper struct{ cfg KeeperConfig }

// NewKeeper returns a Keeper without jails. Close it when it is not used any more.
func NewKeeper(cfg KeeperConfig) (*Keeper, error) { return &Keeper{cfg}, nil }

// Open returns a new channel into the function's jail, starting one if there is none. The
// file is a connected stream socket, the caller's to close or to pass to another process:
// [net.FileConn] makes what NewClient takes. When as many jails live as may, the one used
// longest ago that is idle ends first; if none is, Open returns [ErrOverloaded].
func (k *Keeper) Open(ctx context.Context, function string) (*os.File, error) {
	return nil, ErrClosed
}

// Fault kills the function's jail because a client found it at fault.
func (k *Keeper) Fault(function, cause string) {}

// Check evaluates a bundle that is not live in a process of its own, and returns a
// *isolate.Failure if it can't be run; another error says that it could not be tried.
func (k *Keeper) Check(ctx context.Context, b *bundles.Bundle) error { return ErrClosed }

// JailStatus is what is known of one jail.
type JailStatus struct {
	Function string    `json:"function"`
	Pid      int       `json:"pid"`
	Since    time.Time `json:"since"`
	State    string    `json:"state"`    // "starting", "serving", "leaving"
	Channels int       `json:"channels"` // that are open
	Events   int       `json:"events"`   // in it, by its own account
}

// Status returns a line for each jail, by function.
func (k *Keeper) Status() []JailStatus { return nil }

// Close kills all jails and waits for their ends.
func (k *Keeper) Close() error { return nil }
