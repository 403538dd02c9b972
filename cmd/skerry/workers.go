package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/gateway/admin"
	"github.com/skerry-edge/skerry/gateway/observe"
	"github.com/skerry-edge/skerry/gateway/supervise"
	"github.com/skerry-edge/skerry/gateway/supervise/control"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/isolate/note"
	"github.com/skerry-edge/skerry/kv"
	kvremote "github.com/skerry-edge/skerry/kv/remote"
)

// workersConfig is what workers need of the node.
type workersConfig struct {
	count    int
	spawner  *supervise.Spawner
	socket   supervise.File // the listening one
	settings workerSettings
	kv       kv.Store // the functions', for workers that don't reach it themselves; nil: they do
	cache    kv.Store // where workers keep responses; nil: nowhere
	fetch    func(ctx context.Context, d bundles.Digest) error
	out      io.Writer // of log lines
	jails    *jails
	log      func(format string, args ...any)
}

// workers are the processes that serve requests. It is serving's second kind.
type workers struct {
	cfg        workersConfig
	started    chan struct{} // closed when supervisor is set
	supervisor *supervise.Supervisor
	observer   *observe.Observer // sees what tails want of the workers' events
	lines      *observe.Lines    // takes what workers log
	merged     *observe.Merged
	collecting sync.Mutex
	serving    chan struct{} // closed by Shutdown
	stop       sync.Once
	work       sync.WaitGroup // goroutines that serve workers' stores, and tell workers of changes

	mu struct {
		sync.Mutex
		routes workerRoutes
		tail   workerTail
	}
}

func startWorkers(cfg workersConfig) (*workers, error) {
	w := &workers{cfg: cfg, started: make(chan struct{}), serving: make(chan struct{}), merged: observe.NewMerged(), lines: observe.NewLines(cfg.out)}
	w.observer = observe.New(observe.Config{Followed: w.tailChanged})
	w.observer.CounterFunc("skerry_worker_lines_dropped_total", "Log lines of workers that found no room in the supervisor's buffer.",
		func() float64 { return float64(w.lines.Dropped()) })
	w.mu.routes.Generation, w.mu.tail.Generation = 1, 1
	cfg.jails.changed = w.placesChanged
	var err error
	w.supervisor, err = supervise.New(supervise.Config{
		Kind: "worker", Count: cfg.count, Spawner: cfg.spawner,
		Start: w.spec, Lost: w.lost,
		MemoryMax: int64(cfg.settings.MemoryMB)*3/2<<20 + runawayBytes,
	})
	close(w.started)
	return w, err
}

// children are the workers that live. A worker may be lost before all have been started.
func (w *workers) children() []*supervise.Child {
	<-w.started
	return w.supervisor.Children()
}

// runawayBytes is what a worker may hold beside its warm isolates before its supervisor ends
// it: room for many events at once, each within its cap.
const runawayBytes = 512 << 20

// spec says what the worker of a slot is.
func (w *workers) spec(slot int) (spec supervise.Spec, err error) {
	running, file, err := note.Create()
	if err != nil {
		return spec, err
	}
	stdout, err := w.lines.Pipe()
	if err != nil {
		return spec, errors.Join(err, running.Close(), file.Close())
	}
	spec.Command = supervise.Command{
		Path: self(), Args: []string{"worker"}, Stdout: stdout,
		Files: []supervise.File{w.cfg.socket, {Name: fileNote, File: file}},
	}
	spec.Running = func(pid int) (supervise.Running, bool) {
		r := running.Read()
		if r.Digest == 0 {
			return supervise.Running{}, false
		}
		used, err := r.CPU(pid)
		if err != nil {
			used = 0 // it is gone, and only blame is left
		}
		return supervise.Running{Culprit: r.Digest, CPU: used, Budget: r.Budget}, true
	}
	var ends []net.Conn // of the sockets over which the worker reaches stores
	spec.Close = func() {
		_ = errors.Join(running.Close(), stdout.Close())
		for _, ours := range ends {
			ours.Close()
		}
	}
	for _, shared := range []struct {
		name  string
		store kv.Store
	}{{fileKV, w.cfg.kv}, {fileCache, w.cfg.cache}} {
		if shared.store == nil {
			continue
		}
		ours, theirs, err := streamPair()
		if err != nil {
			spec.Close()
			for _, f := range spec.Files[1:] { // the first is not this worker's alone
				f.Close()
			}
			return spec, err
		}
		ends, spec.Files = append(ends, ours), append(spec.Files, supervise.File{Name: shared.name, File: theirs})
		w.work.Go(func() {
			if err := kvremote.Serve(context.Background(), ours, shared.store, kvremote.ServerConfig{}); err != nil {
				w.cfg.log("worker %d: its connection to the %s store ended: %v", slot, shared.name, err)
			}
		})
	}
	spec.Handlers = w.handlers()
	return spec, nil
}

// handlers answer workers.
func (w *workers) handlers() map[string]func(context.Context, *supervise.Child, *control.Request) (any, error) {
	return map[string]func(context.Context, *supervise.Child, *control.Request) (any, error){
		askSettings: func(context.Context, *supervise.Child, *control.Request) (any, error) {
			s := w.cfg.settings
			w.mu.Lock()
			defer w.mu.Unlock()
			s.Routes, s.Tail = w.mu.routes, w.mu.tail
			return s, nil
		},
		askItems: func(_ context.Context, _ *supervise.Child, r *control.Request) (any, error) {
			var in workerItems
			if err := r.Decode(&in); err != nil {
				return nil, err
			}
			return nil, w.publish(in.Items)
		},
		askBundle: func(ctx context.Context, _ *supervise.Child, r *control.Request) (any, error) {
			var d bundles.Digest
			if err := r.Decode(&d); err != nil {
				return nil, err
			}
			return nil, w.cfg.fetch(ctx, d)
		},
		askJail: func(ctx context.Context, _ *supervise.Child, r *control.Request) (any, error) {
			var in workerJail
			if err := r.Decode(&in); err != nil {
				return nil, err
			}
			file, err := w.cfg.jails.keeper.Open(ctx, in.Function)
			if err != nil {
				return nil, jailRefusal(err)
			}
			r.Attach(file)
			return nil, nil
		},
		askFault: func(_ context.Context, _ *supervise.Child, r *control.Request) (any, error) {
			var in workerFault
			if err := r.Decode(&in); err != nil {
				return nil, err
			}
			w.cfg.jails.keeper.Fault(in.Function, in.Cause)
			return nil, nil
		},
	}
}

// publish shows to tails what a worker sent.
func (w *workers) publish(items [][]byte) error {
	for _, encoded := range items {
		item, err := observe.DecodeItem(encoded)
		if err != nil {
			return err
		}
		w.observer.Publish(item)
	}
	return nil
}

// lost is told of a worker that can't go on.
func (w *workers) lost(l supervise.Loss) {
	who := "by no function's fault"
	if v, ok := w.version(l.Culprit); ok {
		who = fmt.Sprintf("while it ran %s, version %d", v.Function, v.Number)
		w.cfg.jails.blame(v, l.Cause)
	}
	w.cfg.log("worker %d (pid %d) is lost %s: %s", l.Slot, l.Pid, who, l.Cause)
}

// version returns the live version that a note's number stands for.
func (w *workers) version(number uint64) (bundles.Version, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.IndexFunc(w.mu.routes.Versions, func(v bundles.Version) bool { return v.Digest.Number() == number })
	if number == 0 || i < 0 {
		return bundles.Version{}, false
	}
	return w.mu.routes.Versions[i], true
}

// everyone asks all workers that live, and returns when those that still do have answered.
func (w *workers) everyone(ctx context.Context, method string, params any) error {
	var asked sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	for _, c := range w.children() {
		if s := c.Status().State; s != supervise.Starting && s != supervise.Serving {
			continue
		}
		asked.Go(func() {
			err := c.Call(ctx, method, params, nil)
			if errors.Is(err, control.ErrGone) || errors.Is(err, control.ErrClosed) {
				return // its successor is told when it starts
			}
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, fmt.Errorf("worker %d: %w", c.Slot(), err))
			}
		})
	}
	asked.Wait()
	return errors.Join(errs...)
}

// Warm is serving's.
func (w *workers) Warm(ctx context.Context, v *bundles.Version) error {
	if w.cfg.jails.place(*v) != supervise.InWorker {
		return nil // a jail is started by its first event
	}
	return w.everyone(ctx, askWarm, v)
}

// SetRoutes is serving's.
func (w *workers) SetRoutes(ctx context.Context, versions []bundles.Version) error {
	w.mu.Lock()
	w.mu.routes.Versions = versions
	next := w.nextRoutesLocked()
	w.mu.Unlock()
	return w.everyone(ctx, askRoutes, next)
}

// nextRoutesLocked makes a new state of the routes, with where each version runs now.
func (w *workers) nextRoutesLocked() workerRoutes {
	next := workerRoutes{Generation: w.mu.routes.Generation + 1, Versions: w.mu.routes.Versions}
	for _, v := range next.Versions {
		if w.cfg.jails.place(v) != supervise.InWorker {
			next.Jailed = append(next.Jailed, v.Digest)
		}
	}
	w.mu.routes = next
	return next
}

// placesChanged tells workers where versions run from now on.
func (w *workers) placesChanged() {
	w.mu.Lock()
	next := w.nextRoutesLocked()
	w.mu.Unlock()
	w.work.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), tellMax)
		defer cancel()
		if err := w.everyone(ctx, askRoutes, next); err != nil {
			w.cfg.log("a worker was not told where functions run: %v", err)
		}
	})
}

// tellMax is how long a worker may take to hear of a change.
const tellMax = 5 * time.Second

// Dispatch is serving's: a worker runs the event.
func (w *workers) Dispatch(ctx context.Context, t *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, invokeMax)
	defer cancel()
	children := w.children()
	i := slices.IndexFunc(children, func(c *supervise.Child) bool { return c.Status().State == supervise.Serving })
	if i < 0 {
		return nil, errors.New("no worker serves at the moment")
	}
	var out workerResult
	err := children[i].Call(ctx, askDispatch, workerEvent{
		Version: *t, ID: ev.ID, Method: ev.Request.Method, URL: ev.Request.URL, Header: toWire(ev.Request.Header), Body: ev.Request.Body,
	}, &out)
	if err != nil {
		failure := &isolate.Failure{Outcome: isolate.OutcomeWorkerLost, Message: "the worker that ran the event has ended: " + err.Error()}
		ev.Done(isolate.Result{Outcome: failure.Outcome, Failure: failure})
		return nil, failure
	}
	if err := w.publish(out.Items); err != nil {
		return nil, err
	}
	ev.Done(out.Result)
	if out.Failure != nil {
		return nil, out.Failure
	}
	r := out.Response
	return &isolate.Response{Status: r.Status, StatusText: string(r.StatusText), Header: fromWire(r.Header), Body: r.Body}, nil
}

// Subscribe is serving's. Workers are told that somebody wants to see.
func (w *workers) Subscribe(function string) *observe.Subscription {
	return w.observer.Subscribe(function)
}

// tailChanged tells workers what is followed from now on.
func (w *workers) tailChanged(functions []string) {
	w.mu.Lock()
	w.mu.tail = workerTail{Generation: w.mu.tail.Generation + 1, All: slices.Contains(functions, ""), Functions: functions}
	next := w.mu.tail
	w.mu.Unlock()
	w.work.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), tellMax)
		defer cancel()
		if err := w.everyone(ctx, askTail, next); err != nil {
			w.cfg.log("a worker was not told what is followed: %v", err)
		}
	})
}

// metricsMax is how long a worker may take to tell its metrics.
const metricsMax = 8 * time.Second

// Metrics is serving's: those of all processes, added up.
func (w *workers) Metrics() http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), metricsMax)
		defer cancel()
		w.collect(ctx)
		w.merged.ServeHTTP(out, r)
	})
}

// collect takes a snapshot of each process' metrics.
func (w *workers) collect(ctx context.Context) {
	w.collecting.Lock()
	defer w.collecting.Unlock()
	if own, err := w.observer.Snapshot(); err == nil {
		w.note(0, own)
	}
	var asked sync.WaitGroup
	var live []string
	for _, c := range w.children() {
		if c.Status().State == supervise.Starting {
			continue
		}
		live = append(live, strconv.Itoa(c.Pid()))
		asked.Go(func() {
			snapshot, err := snapshotOf(ctx, c)
			if err != nil {
				w.cfg.log("the metrics of process %d can't be had: %v", c.Pid(), err)
				return
			}
			w.note(c.Pid(), snapshot)
		})
	}
	asked.Wait()
	w.merged.Keep(append(live, "0")...)
}

func (w *workers) note(pid int, snapshot []byte) {
	if err := w.merged.Set(strconv.Itoa(pid), snapshot); err != nil {
		w.cfg.log("the metrics of process %d can't be read: %v", pid, err)
	}
}

// Check is serving's: a process of its own tries the bundle.
func (w *workers) Check(ctx context.Context, b *bundles.Bundle) error {
	return w.cfg.jails.keeper.Check(ctx, b)
}

// Ready is serving's.
func (w *workers) Ready() bool { return w.supervisor.Ready() }

// Serve is serving's. The workers have the socket already.
func (w *workers) Serve(ln net.Listener) error {
	<-w.serving
	return nil
}

// Shutdown is serving's.
func (w *workers) Shutdown(ctx context.Context) error {
	w.stop.Do(func() { close(w.serving) })
	w.supervisor.Drain(ctx)
	return nil
}

// close ends what is left of the workers.
func (w *workers) close() error {
	err := w.supervisor.Close()
	w.work.Wait()
	w.lines.Wait()
	return err
}

// Reload is serving's.
func (w *workers) Reload(ctx context.Context) error { return w.supervisor.Reload(ctx) }

// Processes is serving's.
func (w *workers) Processes() []admin.Process {
	var all []admin.Process
	for _, s := range w.supervisor.Status().Slots {
		for _, c := range s.Children {
			all = append(all, admin.Process{Kind: "worker", Slot: c.Slot, PID: c.Pid, State: string(c.State), Since: c.Since, Cause: c.Cause})
		}
	}
	return append(all, w.cfg.jails.processes()...)
}

// Degraded is serving's.
func (w *workers) Degraded() []string {
	var all []string
	for _, s := range w.supervisor.Status().Slots {
		if s.Failures > 0 {
			all = append(all, fmt.Sprintf("worker %d does not start: %s", s.Slot, s.LastCause))
		}
	}
	return append(all, w.cfg.jails.degraded()...)
}
