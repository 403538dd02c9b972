package supervise

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/skerry-edge/skerry/gateway/supervise/control"
)

// UpgradeConfig says how a process is replaced by a newer one.
type UpgradeConfig struct {
	// Path is the program, which may be another by now; empty: what started us, os.Args[0].
	Path string
	Args []string // nil: ours
	Env  []string // nil: ours

	Listeners *Listeners // which the successor inherits; required
	Files     []File     // others that it inherits; those that are not lent are closed here, in any case

	// Handlers are what the successor may ask, while it starts and until [Successor.Close].
	Handlers map[string]control.Handler

	// Release gives up what only one process may hold, when the successor stands ready to
	// take it. This process goes on serving with what is left. nil: there is nothing.
	Release func(ctx context.Context, s *Successor) error

	// Resume takes it back when the successor has failed; it is gone by then. It is also
	// called after a Release that has failed. nil: there is nothing.
	Resume func(ctx context.Context) error

	HelloMax   time.Duration // from the start of the successor to its first word; 0: 10 s
	ReleaseMax time.Duration // for Release; 0: 10 s
	ServeMax   time.Duration // from there until the successor serves; 0: 60 s
}

func (c UpgradeConfig) withDefaults() UpgradeConfig {
	if c.Args == nil {
		c.Args = os.Args[1:]
	}
	if c.Release == nil {
		c.Release = func(context.Context, *Successor) error { return nil }
	}
	if c.Resume == nil {
		c.Resume = func(context.Context) error { return nil }
	}
	c.HelloMax = cmp.Or(c.HelloMax, 10*time.Second)
	c.ReleaseMax = cmp.Or(c.ReleaseMax, 10*time.Second)
	c.ServeMax = cmp.Or(c.ServeMax, time.Minute)
	return c
}

// Validate names the field that is missing or out of range.
func (c UpgradeConfig) Validate() error {
	switch {
	case c.Listeners == nil:
		return errors.New("supervise: UpgradeConfig.Listeners is missing")
	case c.HelloMax < 0:
		return fmt.Errorf("supervise: UpgradeConfig.HelloMax is %v, want 0 or more", c.HelloMax)
	case c.ReleaseMax < 0:
		return fmt.Errorf("supervise: UpgradeConfig.ReleaseMax is %v, want 0 or more", c.ReleaseMax)
	case c.ServeMax < 0:
		return fmt.Errorf("supervise: UpgradeConfig.ServeMax is %v, want 0 or more", c.ServeMax)
	}
	return nil
}

// ErrFirstProcess says that a process can't be replaced because all others end with it.
var ErrFirstProcess = errors.New("this is the first process of its container, which ends with it: replace the container")

// Phase is how far an upgrade has come.
type Phase string

// The phases of an upgrade, in order.
const (
	PhaseStart   Phase = "start"   // the successor's process is made
	PhaseHello   Phase = "hello"   // it comes up and says so
	PhaseRelease Phase = "release" // we give up what only one may hold
	PhaseServe   Phase = "serve"   // it takes that, and begins to serve
	PhaseResume  Phase = "resume"  // we take it back after a failure, and can't
)

// UpgradeError is a failed upgrade. The old process has everything back, unless the phase
// is PhaseResume: then it can't serve fully any more.
type UpgradeError struct {
	Phase Phase
	Err   error
}

func (e *UpgradeError) Error() string {
	return fmt.Sprintf("supervise: upgrade: %s: %v", e.Phase, e.Err)
}

// Unwrap returns the cause.
func (e *UpgradeError) Unwrap() error { return e.Err }

// Successor is the process that replaces this one.
type Successor struct {
	process *Process
	conn    *control.Conn

	hello   chan struct{} // closed when it has come up
	release chan struct{} // closed when it may take over
	serving chan struct{} // closed when it serves and has been told that this holds
	mu      struct {
		sync.Mutex
		version string
		decided bool // it serves, or has been called off
	}
}

// Pid is the process' id.
func (s *Successor) Pid() int { return s.process.Pid() }

// Version is what the successor calls itself.
func (s *Successor) Version() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.version
}

// Conn is the connection to the successor, for calls of one's own.
func (s *Successor) Conn() *control.Conn { return s.conn }

// Done is closed when the successor's process has ended.
func (s *Successor) Done() <-chan struct{} { return s.process.Done() }

// Close ends the connection. The process lives on.
func (s *Successor) Close() error { return s.conn.Close() }

// Upgrade starts the program again as this process' successor and hands everything over.
// When it returns nil the successor serves, on the same sockets: this process should let
// its children drain, and end. After an error this process goes on as if nothing had been,
// and the successor is gone. One upgrade may run at a time.
//
// Between the successor's first accepted connection and its word that it serves, a
// successor that is ended takes with it what it has accepted: it should say so at once.
func Upgrade(ctx context.Context, cfg UpgradeConfig) (*Successor, error) {
	if err := cfg.Validate(); err != nil {
		closeGiven(cfg.Files)
		return nil, err
	}
	cfg = cfg.withDefaults()
	if os.Getpid() == 1 {
		closeGiven(cfg.Files)
		return nil, &UpgradeError{PhaseStart, ErrFirstProcess}
	}
	s, err := newSuccessor(cfg)
	closeGiven(cfg.Files)
	if err != nil {
		return nil, &UpgradeError{PhaseStart, err}
	}
	if err := s.await(ctx, cfg.HelloMax, s.hello); err != nil {
		s.end()
		return nil, &UpgradeError{PhaseHello, err}
	}
	if err := s.releaseTo(ctx, cfg); err != nil {
		return nil, s.failed(ctx, cfg, PhaseRelease, err)
	}
	if err := s.await(ctx, cfg.ServeMax, s.serving); err != nil && s.callOff() {
		return nil, s.failed(ctx, cfg, PhaseServe, err)
	}
	notifyMain(s.Pid()) // without systemd there is nobody to tell; with it, it sees our end
	return s, nil
}

// newSuccessor starts the process.
func newSuccessor(cfg UpgradeConfig) (*Successor, error) {
	path, err := program(cfg.Path)
	if err != nil {
		return nil, err
	}
	ours, theirs, err := control.Pair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	s := &Successor{hello: make(chan struct{}), release: make(chan struct{}), serving: make(chan struct{})}
	handlers := maps.Clone(cfg.Handlers)
	if handlers == nil {
		handlers = make(map[string]control.Handler)
	}
	handlers[methodHello] = s.heardHello
	handlers[methodServing] = s.heardServing
	if s.conn, err = control.New(ours, parentSide(handlers)); err != nil {
		return nil, err
	}
	files := append([]File{{Name: fileHandover, File: theirs}}, cfg.Files...)
	s.process, err = startSuccessor(path, cfg.Args, cfg.Env, append(files, cfg.Listeners.handover()...))
	if err != nil {
		s.conn.Close()
		return nil, err
	}
	return s, nil
}

// program is the path of what to start. A name is looked up again, and links are followed
// again: they may lead to a newer program than ours.
func program(path string) (string, error) {
	if path != "" {
		return path, nil
	}
	if found, err := exec.LookPath(os.Args[0]); err == nil {
		return found, nil
	}
	return os.Executable()
}

func (s *Successor) heardHello(ctx context.Context, r *control.Request) (any, error) {
	var h hello
	if err := r.Decode(&h); err != nil {
		return nil, err
	}
	s.mu.Lock()
	again := s.mu.version != ""
	s.mu.version = cmp.Or(h.Version, "unknown")
	s.mu.Unlock()
	if again {
		return nil, errors.New("it has said hello before")
	}
	close(s.hello)
	select {
	case <-s.release:
		return nil, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// heardServing decides, unless the successor has been called off.
func (s *Successor) heardServing(context.Context, *control.Request) (any, error) {
	select {
	case <-s.release:
	default:
		return nil, errors.New("it has not been released yet")
	}
	if !s.decide() {
		return nil, errors.New("it took too long")
	}
	close(s.serving)
	return nil, nil
}

// callOff decides that the successor has failed, unless it serves by now.
func (s *Successor) callOff() bool { return s.decide() }

func (s *Successor) decide() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := !s.mu.decided
	s.mu.decided = true
	return first
}

// endMax is how long a process may take to end after it has closed its files.
const endMax = 2 * time.Second

func (s *Successor) ended() error {
	return errors.New("the new process ended: " + s.process.Wait().Cause())
}

// await waits for the successor to come to a phase.
func (s *Successor) await(ctx context.Context, most time.Duration, phase <-chan struct{}) error {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-phase:
		return nil
	case <-s.process.Done():
		return s.ended()
	case <-s.conn.Done():
		timer.Reset(endMax) // its end says more, when this is it
		select {
		case <-s.process.Done():
			return s.ended()
		case <-timer.C:
			return fmt.Errorf("the new process has closed its connection: %w", s.conn.Err())
		}
	case <-timer.C:
		return fmt.Errorf("the new process has taken longer than %v", most)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// releaseTo lets the successor take over.
func (s *Successor) releaseTo(ctx context.Context, cfg UpgradeConfig) error {
	ctx, cancel := context.WithTimeout(ctx, cfg.ReleaseMax)
	defer cancel()
	if err := cfg.Release(ctx, s); err != nil {
		return err
	}
	close(s.release)
	return nil
}

// failed ends the successor, takes everything back, and says what went wrong.
func (s *Successor) failed(ctx context.Context, cfg UpgradeConfig, phase Phase, err error) error {
	s.end()
	// Whoever called the upgrade off still needs what was released.
	if back := cfg.Resume(context.WithoutCancel(ctx)); back != nil {
		return &UpgradeError{PhaseResume, errors.Join(err, back)}
	}
	return &UpgradeError{phase, err}
}

// end kills the successor and waits until it is gone.
func (s *Successor) end() {
	s.process.Kill()
	<-s.process.Done()
	s.conn.Close()
}
