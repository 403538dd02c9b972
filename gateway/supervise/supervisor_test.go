//go:build linux

package supervise_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/gateway/supervise"
	"github.com/skerry-edge/skerry/gateway/supervise/control"
	"github.com/skerry-edge/skerry/isolate/note"
)

// culprit is the function that test workers run when they die.
const culprit = 0xfeed

// parent is a Supervisor under test and what it told.
type parent struct {
	*supervise.Supervisor
	losses  chan supervise.Loss
	changes chan supervise.ChildStatus
}

// supervised starts a Supervisor whose children are spec, or workers.
func supervised(t testing.TB, cfg supervise.Config, spec func(slot int) (supervise.Spec, error)) *parent {
	t.Helper()
	p := &parent{losses: make(chan supervise.Loss, 1000), changes: make(chan supervise.ChildStatus, 10000)}
	cfg.Kind = "worker"
	cfg.Spawner = newSpawner(t)
	cfg.Count = max(cfg.Count, 1)
	cfg.Lost = func(l supervise.Loss) { p.losses <- l }
	cfg.Changed = func(c supervise.ChildStatus) { p.changes <- c }
	cfg.Start = spec
	if spec == nil {
		cfg.Start = noted
	}
	s, err := supervise.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	p.Supervisor = s
	return p
}

// noted is a worker with a note of what it runs.
func noted(int) (supervise.Spec, error) {
	n, f, err := note.Create()
	if err != nil {
		return supervise.Spec{}, err
	}
	cmd := role("worker")
	cmd.Files = []supervise.File{{Name: "note", File: f}}
	return supervise.Spec{Command: cmd, Close: func() { n.Close() }, Running: func(pid int) (supervise.Running, bool) {
		r := n.Read()
		if r.Digest == 0 {
			return supervise.Running{}, false
		}
		cpu, _ := r.CPU(pid)
		return supervise.Running{Culprit: r.Digest, CPU: cpu, Budget: r.Budget}, true
	}}, nil
}

// ready waits until all slots serve, and returns the children that do.
func (p *parent) ready(t testing.TB) []*supervise.Child {
	t.Helper()
	if err := p.AwaitReady(within(t)); err != nil {
		t.Fatal(err)
	}
	var serving []*supervise.Child
	for _, c := range p.Children() {
		if c.Status().State == supervise.Serving {
			serving = append(serving, c)
		}
	}
	return serving
}

// lost waits for the next loss.
func (p *parent) lost(t testing.TB) supervise.Loss {
	t.Helper()
	select {
	case l := <-p.losses:
		return l
	case <-time.After(hang):
		t.Fatal("nothing was lost")
		panic("unreachable")
	}
}

// successor waits for another child in the slot of c that serves.
func (p *parent) successor(t testing.TB, c *supervise.Child) *supervise.Child {
	t.Helper()
	for {
		for _, other := range p.ready(t) {
			if other.Slot() == c.Slot() && other.Pid() != c.Pid() {
				return other
			}
		}
		select {
		case <-p.changes:
		case <-time.After(hang):
			t.Fatal("there is no successor")
		}
	}
}

func TestDeaths(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		death
		cause   string // that Loss begins with
		culprit uint64
		runs    bool // still, when it is reported
	}{
		{death{"signal", culprit, 0}, "signal: killed", 0, false},
		{death{"terminate", culprit, 0}, "signal: terminated", 0, false},
		{death{"abort", culprit, 0}, "SIGABRT: abort (exit status 2)", culprit, false},
		{death{"stack", culprit, 0}, "fatal error: stack overflow (exit status 2)", culprit, false},
		{death{"panic", culprit, 0}, "panic: oh no (exit status 2)", culprit, false},
		{death{"exit", culprit, 0}, "exit status 3", culprit, false},
		{death{"clean", culprit, 0}, "exit status 0", 0, false},
		{death{"spin", culprit, 20 * time.Millisecond}, "a turn took ", culprit, true},
		{death{"hold", culprit, time.Hour}, "memory runs away: ", culprit, true},
		{death{"condemn", culprit, 0}, "a turn can't be ended", culprit, true},
		{death{"condemn and die", culprit, 0}, "a turn can't be ended", culprit, true},
		{death{"unlink", 0, 0}, "it closed its connection to its parent", 0, true},
		{death{"stop", culprit, time.Hour}, "it has not answered for ", culprit, true},
	} {
		t.Run(tc.Way, func(t *testing.T) {
			t.Parallel()
			cfg := supervise.Config{Count: 2, MemoryMax: 200 << 20, DrainMax: 100 * time.Millisecond, TerminateMax: 100 * time.Millisecond}
			if tc.Way == "stop" {
				cfg.Silence = 500 * time.Millisecond
			}
			p := supervised(t, cfg, nil)
			serving := p.ready(t)
			victim, other := serving[1], serving[0]
			// The call may not come back from a process that dies of it.
			ctx, cancel := context.WithTimeout(within(t), 5*time.Second)
			defer cancel()
			done := make(chan struct{})
			go func() {
				defer close(done)
				victim.Call(ctx, "die", tc.death, nil)
			}()
			loss := p.lost(t)
			if loss.Slot != victim.Slot() || loss.Pid != victim.Pid() || !loss.Ready {
				t.Errorf("lost %d in slot %d (ready %v), want %d in slot %d", loss.Pid, loss.Slot, loss.Ready, victim.Pid(), victim.Slot())
			}
			if runs := loss.Exit == nil; runs != tc.runs && tc.Way != "condemn and die" {
				t.Errorf("its end is %+v, and it runs: %v", loss.Exit, tc.runs)
			}
			if !strings.HasPrefix(loss.Cause, tc.cause) || loss.Culprit != tc.culprit {
				t.Errorf("cause %q, culprit %#x; want %q, %#x", loss.Cause, loss.Culprit, tc.cause, tc.culprit)
			}
			next := p.successor(t, victim)
			var echo string
			if err := next.Call(within(t), "echo", "still here", &echo); err != nil || echo != "still here" {
				t.Errorf("the successor says %q, %v", echo, err)
			}
			select {
			case <-victim.Gone():
			case <-time.After(hang):
				t.Error("the victim is not gone")
			}
			<-done
			if s := other.Status(); s.State != supervise.Serving {
				t.Errorf("the other child is %s: %s", s.State, s.Cause)
			}
			status := p.Status().Slots[victim.Slot()]
			if status.Restarts != 1 || status.LastCause != loss.Cause || status.LastLoss.IsZero() || len(status.Children) != 1 {
				t.Errorf("status %+v", status)
			}
			if len(p.losses) > 0 {
				t.Errorf("there is another loss: %+v", <-p.losses)
			}
		})
	}
}

// TestManyKills kills one child after the other and looks for what is left over.
func TestManyKills(t *testing.T) {
	t.Parallel()
	p := supervised(t, supervise.Config{Count: 2}, nil)
	var took []time.Duration
	files := openFiles(t)
	for i := range 50 {
		children := p.ready(t)
		victim := children[i%len(children)]
		begin := time.Now()
		syscall.Kill(victim.Pid(), syscall.SIGKILL)
		if loss := p.lost(t); loss.Pid != victim.Pid() || loss.Culprit != 0 {
			t.Fatalf("kill %d: %+v, want %d by nobody", i, loss, victim.Pid())
		}
		next := p.successor(t, victim)
		took = append(took, next.Status().Since.Sub(begin))
		<-victim.Gone()
	}
	slices.Sort(took)
	t.Logf("from the kill to the successor's ready: p50 %v, p95 %v, most %v", took[25], took[47], took[49])
	if n := len(p.Children()); n != 2 {
		t.Errorf("%d children, want 2", n)
	}
	// Other tests run at the same time and open files too, but not 50 for good.
	if now := openFiles(t); now > files+100 {
		t.Errorf("%d files are open, and %d were", now, files)
	}
}

func openFiles(t testing.TB) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("open files can't be counted: ", err)
	}
	return len(entries)
}

// TestStartsThatFail shows that a slot whose children die backs off while others serve.
func TestStartsThatFail(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		spec  func() (supervise.Spec, error)
		cause string
	}{
		{"it ends at once", func() (supervise.Spec, error) { return supervise.Spec{Command: role("exit")}, nil }, "exit status 7"},
		{"it never gets ready", func() (supervise.Spec, error) { return supervise.Spec{Command: role("silent")}, nil }, "it was not ready after 700ms"},
		{"it sends garbage", func() (supervise.Spec, error) { return supervise.Spec{Command: role("garbage")}, nil }, "control: the other side broke the protocol"},
		{"there is no program", func() (supervise.Spec, error) {
			return supervise.Spec{Command: supervise.Command{Path: "/nowhere"}}, nil
		}, "supervise: start /nowhere"},
		{"there is no spec", func() (supervise.Spec, error) { return supervise.Spec{}, errors.New("no memory for a note") }, "no memory for a note"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var starts, closed atomic.Int32
			cfg := supervise.Config{Count: 2, BackoffMin: time.Millisecond, BackoffMax: 5 * time.Millisecond}
			if tc.name == "it never gets ready" {
				cfg.StartMax = 700 * time.Millisecond
			}
			p := supervised(t, cfg, func(slot int) (supervise.Spec, error) {
				if slot == 0 {
					return noted(slot)
				}
				starts.Add(1)
				spec, err := tc.spec()
				spec.Close = func() { closed.Add(1) }
				return spec, err
			})
			err := p.AwaitReady(within(t))
			if !errors.Is(err, supervise.ErrStart) || !strings.Contains(err.Error(), tc.cause) {
				t.Fatalf("got %v, want %q", err, tc.cause)
			}
			status := p.Status()
			if s := status.Slots[1]; s.Failures < 3 || s.Retry.IsZero() || !strings.HasPrefix(s.LastCause, tc.cause) {
				t.Errorf("status of the slot: %+v", s)
			}
			for len(status.Slots[0].Children) == 0 || status.Slots[0].Children[0].State != supervise.Serving {
				<-p.changes
				status = p.Status()
			}
			p.Close()
			if starts.Load() != closed.Load() {
				t.Errorf("%d starts, and %d were closed", starts.Load(), closed.Load())
			}
		})
	}
}

// TestADeathWhileDrainingIsBlamed: what kills a child is a loss whenever it happens, and
// what we end ourselves is none.
func TestDrain(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		ways  []string
		left  time.Duration // for Drain
		lost  int
		least time.Duration
	}{
		{"they finish", nil, hang, 0, 0},
		{"one that does not is ended", []string{"connection"}, 50 * time.Millisecond, 0, 50 * time.Millisecond},
		{"one that dies of a function is lost", []string{"connection", "panic"}, hang, 1, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			socket := listenFile(t)
			p := supervised(t, supervise.Config{Count: 2, TerminateMax: 50 * time.Millisecond}, withSocket(socket))
			children := p.ready(t)
			var victim *supervise.Child
			if slices.Contains(tc.ways, "connection") {
				c := dial(t, socket.address)
				defer c.Close()
				pid := c.ask(t)
				victim = children[slices.IndexFunc(children, func(c *supervise.Child) bool { return c.Pid() == pid })]
			}
			drained := make(chan struct{})
			ctx, cancel := context.WithTimeout(within(t), tc.left)
			defer cancel()
			begin := time.Now()
			go func() {
				defer close(drained)
				p.Drain(ctx)
			}()
			if slices.Contains(tc.ways, "panic") {
				for victim.Status().State != supervise.Draining {
					<-p.changes
				}
				victim.Call(ctx, "die", death{"panic", culprit, 0}, nil)
			}
			<-drained
			if took := time.Since(begin); took < tc.least {
				t.Errorf("it took %v, and the child had %v", took, tc.least)
			}
			if n := len(p.Children()); n != 0 {
				t.Errorf("%d children are left", n)
			}
			if len(p.losses) != tc.lost {
				t.Errorf("%d losses, want %d: %+v", len(p.losses), tc.lost, <-p.losses)
			}
			if err := p.AwaitReady(within(t)); !errors.Is(err, supervise.ErrClosed) {
				t.Errorf("AwaitReady: %v, want %v", err, supervise.ErrClosed)
			}
			if err := p.Reload(within(t)); !errors.Is(err, supervise.ErrClosed) {
				t.Errorf("Reload: %v, want %v", err, supervise.ErrClosed)
			}
		})
	}
}

// TestReload replaces all children while clients connect, one after the other.
func TestReload(t *testing.T) {
	t.Parallel()
	socket := listenFile(t)
	p := supervised(t, supervise.Config{Count: 2}, withSocket(socket))
	before := p.ready(t)
	load := startLoad(t, socket.address, 2)
	for range 3 {
		if err := p.Reload(within(t)); err != nil {
			t.Fatal(err)
		}
	}
	load.stop(t)
	for _, c := range before {
		<-c.Gone()
		if s := c.Status(); s.State != supervise.Gone || s.Cause != "" {
			t.Errorf("an old child: %+v", s)
		}
	}
	after := p.ready(t)
	if len(after) != 2 || after[0].Pid() == before[0].Pid() || after[1].Pid() == before[1].Pid() {
		t.Errorf("after: %d children", len(after))
	}
	if len(p.losses) > 0 {
		t.Errorf("lost: %+v", <-p.losses)
	}
	if restarts := p.Status().Slots[0].Restarts; restarts != 0 {
		t.Errorf("%d restarts were counted", restarts)
	}
}

func TestAFailedReloadKeepsTheOldChild(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	p := supervised(t, supervise.Config{}, func(slot int) (supervise.Spec, error) {
		if broken.Load() {
			return supervise.Spec{Command: role("exit")}, nil
		}
		return noted(slot)
	})
	old := p.ready(t)[0]
	broken.Store(true)
	if err := p.Reload(within(t)); !errors.Is(err, supervise.ErrStart) || !strings.Contains(err.Error(), "worker 0: exit status 7") {
		t.Fatalf("got %v", err)
	}
	if s := old.Status(); s.State != supervise.Serving {
		t.Fatalf("the old child is %s", s.State)
	}
	broken.Store(false)
	if err := p.Reload(within(t)); err != nil {
		t.Fatal(err)
	}
	if now := p.ready(t)[0]; now.Pid() == old.Pid() {
		t.Error("the old child was not replaced")
	}
}

// TestCondemnedByTheParent lets the child finish what it has begun.
func TestCondemnedByTheParent(t *testing.T) {
	t.Parallel()
	socket := listenFile(t)
	p := supervised(t, supervise.Config{}, withSocket(socket))
	old := p.ready(t)[0]
	c := dial(t, socket.address)
	if pid := c.ask(t); pid != old.Pid() {
		t.Fatalf("%d answers, want %d", pid, old.Pid())
	}
	old.Condemn(culprit, "it looks ill")
	if l := p.lost(t); l.Culprit != culprit || l.Cause != "it looks ill" {
		t.Errorf("%+v", l)
	}
	next := p.successor(t, old)
	if pid := c.ask(t); pid != old.Pid() {
		t.Errorf("on the old connection %d answers, want %d", pid, old.Pid())
	}
	status := p.Status().Slots[0].Children
	if len(status) != 2 || status[0].Pid != next.Pid() || status[1].State != supervise.Condemned || status[1].Cause != "it looks ill" {
		t.Errorf("status %+v", status)
	}
	c.Close()
	<-old.Gone()
}

// TestHandlersOfTheParent shows that each child is told from the others by its connection.
func TestHandlersOfTheParent(t *testing.T) {
	t.Parallel()
	type asked struct{ pid, slot int }
	got := make(chan asked, 2)
	p := supervised(t, supervise.Config{Count: 2}, func(slot int) (supervise.Spec, error) {
		spec, err := noted(slot)
		spec.Env = append(spec.Env, "SUPERVISE_TEST_ASK=1")
		spec.Handlers = map[string]func(context.Context, *supervise.Child, *control.Request) (any, error){
			"routes": func(_ context.Context, c *supervise.Child, _ *control.Request) (any, error) {
				got <- asked{c.Pid(), c.Slot()}
				return nil, nil
			},
		}
		return spec, err
	})
	want := make(map[asked]bool)
	for _, c := range p.ready(t) {
		want[asked{c.Pid(), c.Slot()}] = true
	}
	for range 2 {
		if a := <-got; !want[a] {
			t.Errorf("%+v asked, want one of %v", a, want)
		}
	}
}

// supervisor is a process with children, which says their pids.
func supervisor() int {
	in, err := supervise.Adopt()
	if err != nil {
		return fail(err)
	}
	defer in.Close()
	spawner := supervise.NewSpawner()
	defer spawner.Close()
	s, err := supervise.New(supervise.Config{Kind: "worker", Count: 3, Spawner: spawner, Start: noted})
	if err != nil {
		return fail(err)
	}
	defer s.Close()
	if err := s.AwaitReady(context.Background()); err != nil {
		return fail(err)
	}
	var pids []int
	for _, c := range s.Children() {
		pids = append(pids, c.Pid())
	}
	json.NewEncoder(os.Stdout).Encode(pids)
	select {}
}

// TestKilledSupervisorTakesItsChildren with it, though nothing of it runs any more.
func TestKilledSupervisorTakesItsChildren(t *testing.T) {
	t.Parallel()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := role("supervisor")
	cmd.Stdout = in
	p, err := newSpawner(t).Start(cmd)
	in.Close()
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	if err := json.NewDecoder(out).Decode(&pids); err != nil || len(pids) != 3 {
		t.Fatalf("children %v, %v", pids, err)
	}
	p.Kill()
	p.Wait()
	for _, pid := range pids {
		for deadline := time.Now().Add(hang); alive(pid); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("child %d lives on", pid)
			}
		}
	}
}

// alive says whether a process is more than a zombie that nobody reaps.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z")
}

func TestConfigValidate(t *testing.T) {
	t.Parallel()
	spawner := newSpawner(t)
	good := supervise.Config{Kind: "worker", Count: 1, Spawner: spawner, Start: noted}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*supervise.Config){
		"Kind is missing":      func(c *supervise.Config) { c.Kind = "" },
		"Count is 0":           func(c *supervise.Config) { c.Count = 0 },
		"Spawner is missing":   func(c *supervise.Config) { c.Spawner = nil },
		"Start is missing":     func(c *supervise.Config) { c.Start = nil },
		"MemoryMax is -1":      func(c *supervise.Config) { c.MemoryMax = -1 },
		"DrainMax is -1s":      func(c *supervise.Config) { c.DrainMax = -time.Second },
		"BackoffMin is -1s":    func(c *supervise.Config) { c.BackoffMin = -time.Second },
		"TerminateMax is -1ns": func(c *supervise.Config) { c.TerminateMax = -1 },
	} {
		cfg := good
		change(&cfg)
		if _, err := supervise.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// sharedSocket is a listening socket for children.
type sharedSocket struct {
	file    *os.File
	address string
}

func listenFile(t testing.TB) sharedSocket {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	f, err := ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return sharedSocket{f, ln.Addr().String()}
}

func withSocket(s sharedSocket) func(int) (supervise.Spec, error) {
	return func(slot int) (supervise.Spec, error) {
		spec, err := noted(slot)
		spec.Files = append(spec.Files, supervise.File{Name: "http", File: s.file, Lent: true})
		return spec, err
	}
}

// client is a connection that asks who answers.
type client struct {
	net.Conn
	lines *bufio.Scanner
}

func dial(t testing.TB, address string) *client {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return &client{c, bufio.NewScanner(c)}
}

func (c *client) ask(t testing.TB) (pid int) {
	t.Helper()
	pid, err := c.try()
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func (c *client) try() (pid int, err error) {
	c.SetDeadline(time.Now().Add(hang))
	if _, err := fmt.Fprintln(c, "who?"); err != nil {
		return 0, err
	}
	if !c.lines.Scan() {
		return 0, fmt.Errorf("no answer: %v", c.lines.Err())
	}
	_, err = fmt.Sscan(c.lines.Text(), &pid)
	return pid, err
}

// load is clients that connect, ask once, and leave.
type load struct {
	stopping chan struct{}
	clients  sync.WaitGroup
	asked    atomic.Int64
	mu       struct {
		sync.Mutex
		failed  []error
		answers map[int]int // by pid
	}
}

func startLoad(t testing.TB, address string, clients int) *load {
	t.Helper()
	l := &load{stopping: make(chan struct{})}
	l.mu.answers = make(map[int]int)
	for range clients {
		l.clients.Go(func() {
			for {
				select {
				case <-l.stopping:
					return
				default:
					l.once(address)
				}
			}
		})
	}
	return l
}

func (l *load) once(address string) {
	var pid int
	conn, err := net.Dial("tcp", address)
	if err == nil {
		pid, err = (&client{conn, bufio.NewScanner(conn)}).try()
		conn.Close()
	}
	l.asked.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.mu.failed = append(l.mu.failed, err)
		return
	}
	l.mu.answers[pid]++
}

// stop ends the load, and fails the test for each connection that failed.
func (l *load) stop(t testing.TB) map[int]int {
	t.Helper()
	close(l.stopping)
	l.clients.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	t.Logf("%d connections, %d processes answered", l.asked.Load(), len(l.mu.answers))
	if len(l.mu.failed) > 0 {
		t.Errorf("%d of %d connections failed, the first: %v", len(l.mu.failed), l.asked.Load(), l.mu.failed[0])
	}
	return l.mu.answers
}
