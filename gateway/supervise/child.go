package supervise

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/skerry-edge/skerry/gateway/supervise/control"
)

// Child is one process of a Supervisor, from its start to its end. It is safe for
// concurrent use.
type Child struct {
	slot    int
	cfg     *Config
	changed func(ChildStatus) // the Supervisor's

	// Set before started is closed, and not changed after.
	started chan struct{}
	spec    Spec
	process *Process
	conn    *control.Conn

	memoryKills uint64 // by the kernel, before the child was started

	ready chan struct{} // closed when the child says that it serves
	lost  chan struct{} // closed when it can't go on, after Config.Lost has returned
	gone  chan struct{} // closed when it has ended and nothing of it is left

	mu struct {
		sync.Mutex
		status   ChildStatus
		served   time.Time // when it was ready; zero: it wasn't
		verdict  *verdict  // why it can't go on, when that is known before its death
		reported bool      // Config.Lost has been called, or never will be
		over     uint64    // who was past its budget when it was looked at; 0: nobody
		unheard  int       // pings in a row without an answer
		pinging  bool      // a ping waits for its answer
	}
	note struct {
		sync.Mutex
		closed bool // Spec.Close has been called
	}
}

// verdict is why a child can't go on.
type verdict struct {
	culprit uint64
	cause   string
}

// Slot is the child's place among the others, 0 to Config.Count-1. Its successor has the same.
func (c *Child) Slot() int { return c.slot }

// Pid is the process' id.
func (c *Child) Pid() int { return c.process.Pid() }

// Status says where the child is in its life.
func (c *Child) Status() ChildStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.status
}

// Call asks one of the handlers that the child gave to [Inheritance.Connect]. A child that
// has not connected yet gets the call when it does.
func (c *Child) Call(ctx context.Context, method string, params, result any) error {
	return c.conn.Call(ctx, method, params, result)
}

// Conn is the connection to the child, for calls with files.
func (c *Child) Conn() *control.Conn { return c.conn }

// Gone is closed when the process has ended.
func (c *Child) Gone() <-chan struct{} { return c.gone }

// start starts the process and begins to watch it.
func (c *Child) start(spec Spec) error {
	ours, theirs, err := control.Pair()
	if err != nil {
		c.discard(&spec)
		return fmt.Errorf("supervise: %w", err)
	}
	spec.Files = append(spec.Files[:len(spec.Files):len(spec.Files)], File{Name: fileControl, File: theirs})
	conn, err := control.New(ours, parentSide(c.handlers(spec)))
	if err != nil {
		c.discard(&spec)
		return fmt.Errorf("supervise: %w", err)
	}
	c.memoryKills, _ = memoryKills() // what can't be read is no 0 later
	process, err := c.cfg.Spawner.Start(spec.Command)
	if err != nil {
		conn.Close()
		c.closeNote(&spec)
		return err
	}
	c.spec, c.process, c.conn = spec, process, conn
	c.mu.Lock()
	c.mu.status.Pid = process.Pid()
	c.mu.Unlock()
	close(c.started)
	return nil
}

// discard closes what would have been the child's.
func (c *Child) discard(spec *Spec) {
	closeGiven(spec.Files)
	c.closeNote(spec)
}

// handlers are the Supervisor's own and those of spec. None runs before the child is whole.
func (c *Child) handlers(spec Spec) map[string]control.Handler {
	all := map[string]control.Handler{
		methodReady: func(context.Context, *control.Request) (any, error) {
			<-c.started
			c.becomeReady()
			return nil, nil
		},
		methodCondemned: func(_ context.Context, r *control.Request) (any, error) {
			<-c.started
			var why condemnation
			if err := r.Decode(&why); err != nil {
				return nil, err
			}
			c.condemn(verdict{why.Culprit, oneLine(why.Cause)})
			return nil, nil
		},
	}
	for name, h := range spec.Handlers {
		all[name] = func(ctx context.Context, r *control.Request) (any, error) {
			<-c.started
			return h(ctx, c, r)
		}
	}
	return all
}

// becomeReady notes that the child serves, unless it can't go on by now.
func (c *Child) becomeReady() {
	c.mu.Lock()
	if c.mu.status.State != Starting {
		c.mu.Unlock()
		return
	}
	c.mu.served = time.Now()
	c.mu.Unlock()
	c.become(Serving, "")
	close(c.ready)
}

// become notes a state. States only go forward.
func (c *Child) become(s State, cause string) {
	c.mu.Lock()
	if order(s) <= order(c.mu.status.State) {
		c.mu.Unlock()
		return
	}
	c.mu.status.State, c.mu.status.Since = s, time.Now()
	if cause != "" {
		c.mu.status.Cause = cause
	}
	status := c.mu.status
	c.mu.Unlock()
	c.changed(status)
}

// order says which state comes after which.
func order(s State) int {
	switch s {
	case Starting:
		return 0
	case Serving:
		return 1
	case Draining:
		return 2
	case Condemned:
		return 3
	default:
		return 4
	}
}

// servedFor is how long the child has been ready.
func (c *Child) servedFor() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.served.IsZero() {
		return 0
	}
	return time.Since(c.mu.served)
}

// Condemn says that the child can't go on, and by whose fault; 0 is nobody's. A successor
// starts, and the child is told to finish within Config.DrainMax.
func (c *Child) Condemn(culprit uint64, cause string) {
	c.condemn(verdict{culprit, oneLine(cause)})
	c.order(c.cfg.DrainMax)
}

func (c *Child) condemn(v verdict) {
	c.judge(v)
	c.become(Condemned, v.cause)
	c.report(nil)
}

// kill ends the process at once.
func (c *Child) kill(v verdict) {
	c.judge(v)
	c.process.Kill()
	c.become(Condemned, v.cause)
	c.report(nil)
}

// judge notes the first verdict.
func (c *Child) judge(v verdict) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.verdict == nil {
		c.mu.verdict = &v
	}
}

// report tells Config.Lost once, of the verdict or else of how the process ended.
func (c *Child) report(exit *Exit) {
	c.mu.Lock()
	if c.mu.reported {
		c.mu.Unlock()
		return
	}
	c.mu.reported = true
	loss := Loss{Slot: c.slot, Pid: c.mu.status.Pid, Ready: !c.mu.served.IsZero(), Exit: exit}
	v := c.mu.verdict
	c.mu.Unlock()
	switch {
	case v != nil:
		loss.Culprit, loss.Cause = v.culprit, v.cause
	case exit != nil:
		loss.Culprit, loss.Cause = c.blame(*exit), exit.Cause()
	}
	c.cfg.Lost(loss)
	c.mu.Lock()
	c.mu.status.Cause = loss.Cause
	c.mu.Unlock()
	close(c.lost)
}

// order tells the child to finish. When it hasn't within patience, it is ended.
func (c *Child) order(patience time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	// A child that doesn't hear is ended all the same.
	c.Call(ctx, methodDrain, drainOrder{patience}, nil)
}

// expire ends the process when patience is over or ctx ends, first by SIGTERM.
func (c *Child) expire(ctx context.Context, patience time.Duration) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-c.process.Done():
		return
	case <-ctx.Done():
	case <-timer.C:
	}
	if c.Status().State == Draining {
		c.silence()
	}
	c.process.Signal(terminate)
	timer.Reset(c.cfg.TerminateMax)
	select {
	case <-c.process.Done():
	case <-timer.C:
		c.process.Kill()
	}
}

// watch waits for the end of the child and closes what was its. forget takes it off the
// Supervisor's books.
func (c *Child) watch(forget func(*Child)) {
	defer close(c.gone)
	select {
	case <-c.process.Done():
	case <-c.conn.Done():
		c.unlinked()
	}
	exit := c.process.Wait()
	c.hearOut()
	c.mu.Lock()
	finished := c.mu.status.State == Draining && exit.OK()
	c.mu.Unlock()
	if finished {
		c.silence()
	}
	c.report(&exit)
	forget(c)
	c.become(Gone, "")
	c.closeNote(&c.spec)
}

// hearOut takes what the child said before its death: it may have named the culprit.
func (c *Child) hearOut() {
	timer := time.NewTimer(stderrPatience)
	defer timer.Stop()
	select {
	case <-c.conn.Done():
	case <-timer.C: // another process has the socket
	}
	c.conn.Close()
}

// silence keeps Config.Lost from being told of an end that is nobody's fault.
func (c *Child) silence() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.reported = true
}

// unlinked ends a process that has no connection any more: one can't steer it.
func (c *Child) unlinked() {
	if err, ok := c.conn.Err().(*control.ProtocolError); ok {
		c.kill(verdict{cause: oneLine(err.Error())})
		return
	}
	timer := time.NewTimer(c.cfg.TerminateMax)
	defer timer.Stop()
	select {
	case <-c.process.Done(): // it was ending
	case <-timer.C:
		c.kill(verdict{cause: "it closed its connection to its parent"})
	}
}

// running reads the note.
func (c *Child) running() (Running, bool) {
	c.note.Lock()
	defer c.note.Unlock()
	if c.note.closed || c.spec.Running == nil {
		return Running{}, false
	}
	return c.spec.Running(c.process.Pid())
}

// closeNote lets spec go: the child's, or that of a child that could not be started.
func (c *Child) closeNote(spec *Spec) {
	c.note.Lock()
	defer c.note.Unlock()
	if !c.note.closed && spec.Close != nil {
		spec.Close()
	}
	c.note.closed = true
}
