package supervise

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
)

// ErrClosed is returned by what has been closed.
var ErrClosed = errors.New("supervise: closed")

// Spawner starts children that can't outlive this process: on Linux the kernel kills them
// when it dies, however it dies; elsewhere they see the end of their control connection.
// They don't get the terminal's signals: Ctrl-C is for us, and we drain them.
// It is safe for concurrent use.
type Spawner struct {
	requests chan spawn
	closing  chan struct{}
	stopped  chan struct{}  // closed when the goroutine that forks has ended
	waiting  sync.WaitGroup // those who wait for the end of a child

	mu struct {
		sync.Mutex
		closed bool
		live   map[*Process]struct{}
	}
}

// spawn asks the goroutine that forks.
type spawn struct {
	cmd    *Command
	answer chan<- spawned
}

type spawned struct {
	process *Process
	err     error
}

// NewSpawner returns a Spawner. Close it when all its children are to end.
func NewSpawner() *Spawner {
	s := &Spawner{requests: make(chan spawn), closing: make(chan struct{}), stopped: make(chan struct{})}
	s.mu.live = make(map[*Process]struct{})
	go s.fork()
	return s
}

// fork starts children on one thread, which ends when this goroutine does: the kernel
// signals the children of a thread, not of a process.
func (s *Spawner) fork() {
	defer close(s.stopped)
	runtime.LockOSThread()
	for {
		select {
		case r := <-s.requests:
			p, err := start(r.cmd, childAttributes(r.cmd))
			r.answer <- spawned{p, err}
		case <-s.closing:
			return
		}
	}
}

// Start starts a child. Its files that are not lent are closed here, in any case.
func (s *Spawner) Start(cmd Command) (*Process, error) {
	defer closeGiven(cmd.Files)
	if err := cmd.Validate(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.closed {
		return nil, ErrClosed
	}
	answer := make(chan spawned)
	s.requests <- spawn{&cmd, answer}
	r := <-answer
	if r.err != nil {
		return nil, fmt.Errorf("supervise: start %s: %w", cmd.Path, r.err)
	}
	s.mu.live[r.process] = struct{}{}
	s.waiting.Go(func() { s.forget(r.process) })
	return r.process, nil
}

// forget takes a process that has ended off the books.
func (s *Spawner) forget(p *Process) {
	<-p.Done()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.mu.live, p)
}

// Close kills the children that still live and waits until all are gone. Nothing can be
// started after it.
func (s *Spawner) Close() error {
	s.mu.Lock()
	if s.mu.closed {
		s.mu.Unlock()
		<-s.stopped
		return nil
	}
	s.mu.closed = true
	var live []*Process
	for p := range s.mu.live {
		live = append(live, p)
	}
	s.mu.Unlock()
	for _, p := range live {
		p.Kill()
	}
	s.waiting.Wait()
	close(s.closing)
	<-s.stopped
	return nil
}

// start forks and executes.
func start(cmd *Command, attributes *processAttributes) (*Process, error) {
	env, err := environment(cmd.Env, cmd.Files)
	if err != nil {
		return nil, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	ours, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	stdout := cmd.Stdout
	if stdout == nil {
		stdout = null
	}
	files := []*os.File{null, stdout, theirs}
	for _, f := range cmd.Files {
		files = append(files, f.File)
	}
	process, err := forkExec(cmd.Path, cmd.Args, env, files, attributes)
	if err != nil {
		ours.Close()
		return nil, err
	}
	return newProcess(process, ours, cmd.Stderr), nil
}
