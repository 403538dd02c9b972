package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/gateway/admin"
	"github.com/skerry-edge/skerry/gateway/supervise"
	"github.com/skerry-edge/skerry/gateway/supervise/control"
	"github.com/skerry-edge/skerry/isolate/jail"
	"github.com/skerry-edge/skerry/isolate/jail/fence"
	"github.com/skerry-edge/skerry/isolate/note"
)

// ownProcessCPU is the cpu_ms above which a function runs in a process of its own, where its
// long turns hold nobody up.
const ownProcessCPU = 250

// jailsConfig says what the jails of a node are for.
type jailsConfig struct {
	spawner   *supervise.Spawner
	dir       string // the data directory
	untrusted bool   // all functions run in jails
	workers   bool   // there are workers, which functions with long turns must not hold up
	log       func(format string, args ...any)
}

// jails are processes for functions that don't run with the others, and the decision which
// functions those are.
type jails struct {
	cfg        jailsConfig
	keeper     *jail.Keeper
	quarantine *supervise.Quarantine
	groups     *fence.Groups
	changed    func() // told when functions have changed places; set before the first event

	mu struct {
		sync.Mutex
		memory map[string]int // MB that the live version of each function may hold
		digest map[string]uint64
	}
}

func openJails(cfg jailsConfig) (*jails, error) {
	j := &jails{cfg: cfg, groups: fence.OpenGroups(), changed: func() {}}
	var err error
	j.quarantine, err = supervise.OpenQuarantine(supervise.QuarantineConfig{
		Path:    filepath.Join(cfg.dir, "quarantine"),
		Changed: func(string) { j.changed() },
		Failed:  func(err error) { cfg.log("%v", err) },
	})
	if errors.Is(err, supervise.ErrQuarantineFile) {
		cfg.log("%v", err)
	} else if err != nil {
		return nil, err
	}
	j.keeper, err = jail.NewKeeper(jail.KeeperConfig{Start: j.start, Admit: j.admit, Overrun: overran, Lost: j.lost})
	if err != nil {
		return nil, errors.Join(err, j.quarantine.Close())
	}
	return j, nil
}

// setLive tells what functions may hold.
func (j *jails) setLive(versions []bundles.Version) {
	memory, digest := make(map[string]int, len(versions)), make(map[string]uint64, len(versions))
	for _, v := range versions {
		memory[v.Function] = v.Manifest.WithDefaults().Limits.MemoryMB
		digest[v.Function] = v.Digest.Number()
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.mu.memory, j.mu.digest = memory, digest
}

// place says where a version runs. One that is refused belongs to its jail, which isn't
// started.
func (j *jails) place(v bundles.Version) supervise.Place {
	if j.cfg.untrusted || j.cfg.workers && v.Manifest.WithDefaults().Limits.CPUMillis > ownProcessCPU {
		return supervise.InJail
	}
	return j.quarantine.State(v.Function, v.Digest.Number()).Place
}

// blame notes that a version has cost a worker.
func (j *jails) blame(v bundles.Version, cause string) {
	j.quarantine.CostWorker(v.Function, v.Digest.Number(), cause)
}

// admit says whether a function may have a jail now.
func (j *jails) admit(function string) error {
	j.mu.Lock()
	digest := j.mu.digest[function]
	j.mu.Unlock()
	if p := j.quarantine.State(function, digest); p.Place == supervise.Refused {
		return fmt.Errorf("%w until %s: it ends every process that runs it", jail.ErrRefused, p.Until.Format(time.TimeOnly))
	}
	return nil
}

// lost is told of a jail that ended when it should not have.
func (j *jails) lost(l jail.Loss) {
	j.cfg.log("the jail of %s (pid %d) is lost: %s", l.Function, l.Pid, l.Cause)
	if l.Function == "" {
		return
	}
	j.mu.Lock()
	digest := j.mu.digest[l.Function]
	j.mu.Unlock()
	j.quarantine.CostJail(l.Function, digest, l.Cause)
}

// jailed is a jail's process.
type jailed struct {
	*supervise.Process
	group *fence.Group
	mu    struct {
		sync.Mutex
		running *note.Note // nil: it is closed
	}
}

// running says what the jail runs.
func (p *jailed) running() note.Running {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.running == nil {
		return note.Running{}
	}
	return p.mu.running.Read()
}

func (p *jailed) closeNote() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	running := p.mu.running
	p.mu.running = nil
	return running.Close()
}

// Wait is jail.Process's.
func (p *jailed) Wait() error {
	exit := p.Process.Wait()
	kills, _ := p.group.OOMKills() // unknown: none
	err := errors.Join(p.closeNote(), p.group.Close())
	switch {
	case kills > 0:
		return errors.Join(fmt.Errorf("%w: %s", jail.ErrMemory, exit.Cause()), err)
	case !exit.OK():
		return errors.Join(errors.New(exit.Cause()), err)
	}
	return err
}

// Kill is jail.Process's.
func (p *jailed) Kill() { _ = p.Process.Kill() } // it is gone if that fails

const (
	// jailOverhead is what a jail's process may hold beside twice what its function may: the
	// runtime, the engine, and garbage.
	jailOverhead = 128 << 20
	// checkMemoryMB is what a bundle may hold that is tried out.
	checkMemoryMB = 128
	// jailProcessesMax is how many threads a jail may have.
	jailProcessesMax = 64
)

// start starts a jail.
func (j *jails) start(_ context.Context, spec jail.Spec) (jail.Process, error) {
	j.mu.Lock()
	memoryMB := j.mu.memory[spec.Function]
	j.mu.Unlock()
	if memoryMB == 0 {
		memoryMB = checkMemoryMB
	}
	bytes := (int64(memoryMB)<<21 + jailOverhead) * shadowFactor
	p := &jailed{}
	running, file, err := note.Create()
	if err != nil {
		return nil, err
	}
	p.mu.running = running
	p.group, err = j.groups.New("jail", fence.Limits{MemoryBytes: bytes, ProcessesMax: jailProcessesMax})
	if err != nil {
		return nil, errors.Join(err, file.Close(), running.Close())
	}
	p.Process, err = j.cfg.spawner.Start(supervise.Command{
		Path: self(), Args: []string{"jail", fmt.Sprint(memoryMB)}, Env: []string{"GOTRACEBACK=none"},
		Files: []supervise.File{{Name: fileJail, File: spec.Control, Lent: true}, {Name: fileNote, File: file}},
	})
	if err != nil {
		return nil, errors.Join(err, running.Close(), p.group.Close())
	}
	if err := p.group.Add(p.Pid()); err != nil {
		p.Kill()
		return nil, errors.Join(err, p.Wait())
	}
	return p, nil
}

// jailKillAfter is by how much CPU time a turn in a jail overruns before the jail is killed.
// Its own watchdog comes first, if it is what it should be.
const jailKillAfter = 250 * time.Millisecond

// overran says why a jail must be killed, if it must.
func overran(p jail.Process) string {
	j := p.(*jailed)
	r := j.running()
	if r.Digest == 0 || r.Budget == 0 {
		return ""
	}
	if used, err := r.CPU(j.Pid()); err == nil && used > r.Budget+jailKillAfter {
		return fmt.Sprintf("a turn with %v of CPU time took %v", r.Budget, used)
	}
	return ""
}

// degraded says what is not as it should be.
func (j *jails) degraded() []string {
	j.mu.Lock()
	live := j.mu.digest
	j.mu.Unlock()
	var all []string
	for _, q := range j.quarantine.Snapshot() {
		if live[q.Function] != q.Digest {
			continue // another version runs
		}
		all = append(all, fmt.Sprintf("function %s is quarantined since %s, as it ended the process that ran it: %s; push a new version, or lift that with: skerry quarantine lift %s",
			q.Function, q.Since.Format(time.DateTime), q.Cause, q.Function))
	}
	return all
}

// List is admin.Quarantine's.
func (j *jails) List() []admin.Quarantined {
	var all []admin.Quarantined
	for _, q := range j.quarantine.Snapshot() {
		now := j.quarantine.State(q.Function, q.Digest)
		if now.Place == supervise.InWorker {
			continue // it was lifted just now
		}
		all = append(all, admin.Quarantined{
			Function: q.Function, Digest: fmt.Sprintf("%016x", q.Digest)[:12], Since: q.Since, Latest: q.Latest, Cause: q.Cause,
			WorkersLost: q.Workers, JailsLost: q.Jails, Place: string(now.Place), Until: now.Until,
		})
	}
	return all
}

// Lift is admin.Quarantine's.
func (j *jails) Lift(function string) bool { return j.quarantine.Lift(function) }

// missing says which layers around jails this machine doesn't have.
func (j *jails) missing() []string {
	var all []string
	for _, l := range append(fence.Available().Missing(), j.groups.Layers().Missing()...) {
		all = append(all, fmt.Sprintf("jails run without the layer %s: %s", l.Name, l.Note))
	}
	return all
}

// processes lists the jails.
func (j *jails) processes() []admin.Process {
	var all []admin.Process
	for _, s := range j.keeper.Status() {
		all = append(all, admin.Process{Kind: "jail", PID: s.Pid, Function: s.Function, State: s.State, Since: s.Since})
	}
	return all
}

func (j *jails) close() error { return errors.Join(j.keeper.Close(), j.quarantine.Close()) }

// Codes by which a worker tells apart why it gets no jail.
const (
	codeRefused    = "refused"
	codeOverloaded = "overloaded"
)

// jailRefusal is err for a worker; jailError what the worker makes of it.
func jailRefusal(err error) error {
	switch {
	case errors.Is(err, jail.ErrRefused):
		return &control.Error{Code: codeRefused, Message: err.Error()}
	case errors.Is(err, jail.ErrOverloaded):
		return &control.Error{Code: codeOverloaded, Message: err.Error()}
	}
	return err
}

func jailError(err error) error {
	var coded *control.Error
	if errors.As(err, &coded) {
		switch coded.Code {
		case codeRefused:
			return fmt.Errorf("%w: %s", jail.ErrRefused, coded.Message)
		case codeOverloaded:
			return fmt.Errorf("%w: %s", jail.ErrOverloaded, coded.Message)
		}
	}
	return err
}

// openHere opens a channel for this process.
func (j *jails) openHere(ctx context.Context, function string) (net.Conn, error) {
	file, err := j.keeper.Open(ctx, function)
	if err != nil {
		return nil, err
	}
	return connOf(file)
}

// connOf makes a connection of a socket's file.
func connOf(file *os.File) (net.Conn, error) {
	conn, err := net.FileConn(file)
	return conn, errors.Join(err, file.Close())
}

// streamPair returns two ends of a new socket, one for this process and one for a child.
func streamPair() (net.Conn, *os.File, error) {
	ours, theirs, err := control.Pair()
	if err != nil {
		return nil, nil, err
	}
	conn, err := connOf(ours)
	if err != nil {
		return nil, nil, errors.Join(err, theirs.Close())
	}
	return conn, theirs, nil
}
