package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/store"
	"github.com/skerry-edge/skerry/gateway/supervise"
	"github.com/skerry-edge/skerry/gateway/supervise/control"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/redis"
	kvremote "github.com/skerry-edge/skerry/kv/remote"
)

func workerCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use:    "worker",
		Short:  "Serve requests for the supervisor that started this process",
		Args:   cobra.NoArgs,
		Hidden: true,
		RunE:   func(cmd *cobra.Command, _ []string) error { return runWorker(cmd.Context(), t) },
	}
}

// worker is a process that has the whole path of a request, and a supervisor for all else.
type worker struct {
	t         *terminal
	link      *supervise.Link
	settings  workerSettings
	front     *front
	tail      tailed
	snapshots snapshots
	condemned sync.Once
	over      chan struct{} // closed when the worker is condemned and has said so
	closers   closers

	opened chan struct{} // closed when front is there
	routes struct {
		sync.Mutex
		generation int
	}
}

// runWorker serves until the supervisor says otherwise, or ctx ends.
func runWorker(ctx context.Context, t *terminal) error {
	nameProcess("skerry-worker")
	in, err := supervise.Adopt()
	if err != nil {
		return err
	}
	w := &worker{t: t, opened: make(chan struct{}), over: make(chan struct{})}
	listener, err := in.Listener(fileHTTP)
	if err != nil {
		return err
	}
	if w.link, err = in.Connect(w.handlers()); err != nil {
		return errors.Join(err, listener.Close())
	}
	w.closers.add(w.link.Close)
	if err := w.open(ctx, in); err != nil {
		return w.closers.close(errors.Join(err, listener.Close()))
	}
	return w.closers.close(w.serve(ctx, listener))
}

// open asks for the settings and joins the pieces.
func (w *worker) open(ctx context.Context, in *supervise.Inheritance) error {
	if err := w.link.Conn().Call(ctx, askSettings, nil, &w.settings); err != nil {
		return fmt.Errorf("ask for settings: %w", err)
	}
	kvStore, err := w.openStore(ctx, in)
	if err != nil {
		return err
	}
	responses, err := w.openShared(ctx, in, fileCache)
	if err != nil {
		return err
	}
	running, err := openNote(in)
	if err != nil {
		return err
	}
	w.closers.add(running.Close)
	if err := in.Close(); err != nil {
		return err
	}
	w.front, err = openFront(w.settings.frontSettings, frontParts{
		kv: kvStore, cache: responses, bundle: w.bundle, out: w.t.out, openJail: w.openJail, faulty: w.faulty,
	}, func(c *isolate.Config) { c.Note, c.Overrun, c.Kill = running, w.overrun, killSelf })
	if err != nil {
		return err
	}
	w.closers.add(func() error { return w.front.closers.close(nil) })
	w.snapshots.take = w.front.observer.Snapshot
	w.tail.start(w.front.observer, w.link.Conn())
	w.closers.add(w.tail.close)
	w.tail.set(w.settings.Tail)
	if err := w.setRoutes(w.settings.Routes); err != nil {
		return err
	}
	close(w.opened)
	return nil
}

// openStore opens the functions' store.
func (w *worker) openStore(ctx context.Context, in *supervise.Inheritance) (kv.Store, error) {
	if w.settings.Store != "" {
		s, err := redis.Open(redis.Config{URL: w.settings.Store, Prefix: functionsPrefix})
		if err != nil {
			return nil, err
		}
		w.closers.add(s.Close)
		return s, nil
	}
	store, err := w.openShared(ctx, in, fileKV)
	if err == nil && store == nil {
		err = errors.New("the supervisor has passed on no store")
	}
	return store, err
}

// openShared opens a store of the supervisor's that the worker has a socket to; nil: it has
// none.
func (w *worker) openShared(ctx context.Context, in *supervise.Inheritance, name string) (kv.Store, error) {
	file := in.File(name)
	if file == nil {
		return nil, nil
	}
	conn, err := net.FileConn(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	client, err := kvremote.Open(ctx, conn, kvremote.Config{})
	if err != nil {
		return nil, err
	}
	w.closers.add(client.Close)
	return client.Store(), nil
}

// serve accepts until the worker is to end, and lets requests finish.
func (w *worker) serve(ctx context.Context, listener net.Listener) error {
	served := make(chan error, 1)
	go func() { served <- w.front.Serve(listener) }()
	if err := w.link.Ready(ctx); err != nil {
		return err
	}
	patience := drainMax
	var failed error
	select {
	case <-ctx.Done():
	case <-w.over:
	case failed = <-served:
	case <-w.link.Draining():
		patience = w.link.Patience()
	case <-w.link.Done():
		return errors.New("the supervisor is gone")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return errors.Join(failed, w.front.Shutdown(ctx))
}

// bundle reads a bundle that the supervisor keeps; what is not on the disk it fetches.
func (w *worker) bundle(ctx context.Context, d bundles.Digest) ([]byte, error) {
	disk := store.NewReader(w.settings.Bundles)
	data, err := disk.Get(ctx, d)
	if err == nil {
		return data, nil
	}
	if err := w.link.Conn().Call(ctx, askBundle, d, nil); err != nil {
		return nil, err
	}
	return disk.Get(ctx, d)
}

// overrun is told of a turn that can't be ended: this process can't go on. Its client has
// been answered; others have their turns, until the process kills itself.
func (w *worker) overrun(o isolate.Overrun) {
	w.condemned.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		// A supervisor that doesn't hear finds out by itself.
		_ = w.link.Condemned(ctx, o.Digest.Number(), o.Failure.Error())
		close(w.over)
	})
}

// openJail asks the supervisor for a channel into a function's jail.
func (w *worker) openJail(ctx context.Context, function string) (net.Conn, error) {
	files, err := w.link.Conn().Exchange(ctx, askJail, workerJail{function}, nil, nil)
	if err != nil {
		return nil, jailError(err)
	}
	if len(files) != 1 {
		return nil, fmt.Errorf("the supervisor sent %d sockets for a jail", len(files))
	}
	conn, err := net.FileConn(files[0])
	return conn, errors.Join(err, files[0].Close())
}

// faulty reports a jail that broke its protocol.
func (w *worker) faulty(function string, err error) {
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = w.link.Conn().Call(ctx, askFault, workerFault{function, err.Error()}, nil)
	}()
}

// handlers answer the supervisor.
func (w *worker) handlers() map[string]control.Handler {
	return map[string]control.Handler{
		askRoutes: answerTo(w, func(_ context.Context, r workerRoutes) (any, error) { return nil, w.setRoutes(r) }),
		askWarm:   answerTo(w, func(ctx context.Context, v bundles.Version) (any, error) { return nil, w.front.engine.Warm(ctx, &v) }),
		askTail: answerTo(w, func(_ context.Context, t workerTail) (any, error) {
			w.tail.set(t)
			return nil, nil
		}),
		askDispatch: answerTo(w, w.dispatch),
		askMetrics:  answerTo(w, w.snapshots.part),
	}
}

// answerTo makes a handler of f, which is called when the worker is open.
func answerTo[T any](w *worker, f func(context.Context, T) (any, error)) control.Handler {
	return func(ctx context.Context, r *control.Request) (any, error) {
		select {
		case <-w.opened:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		var params T
		if err := r.Decode(&params); err != nil {
			return nil, err
		}
		return f(ctx, params)
	}
}

// setRoutes serves what r says, unless something newer is served.
func (w *worker) setRoutes(r workerRoutes) error {
	w.routes.Lock()
	defer w.routes.Unlock()
	if r.Generation <= w.routes.generation {
		return nil
	}
	// Where versions run is said first: a version must not begin in the wrong place.
	w.front.places.set(r.Jailed)
	if err := w.front.gateway.SetRoutes(w.share(r.Versions)); err != nil {
		return err
	}
	w.routes.generation = r.Generation
	return nil
}

// share returns the versions with this worker's part of what is said for the node.
func (w *worker) share(versions []bundles.Version) []bundles.Version {
	part := make([]bundles.Version, len(versions))
	for i, v := range versions {
		v.Manifest.Concurrency = divided(v.Manifest.WithDefaults().Concurrency, w.settings.Workers)
		v.Manifest.Prewarm = divided(v.Manifest.Prewarm, w.settings.Workers)
		part[i] = v
	}
	return part
}

// divided is n by parts, rounded up: of something there is some everywhere.
func divided(n, parts int) int { return (n + parts - 1) / parts }

// dispatchBytesMax bounds the body of the response to an event that was made by hand.
const dispatchBytesMax = 16 << 20

// dispatch runs one event by hand.
func (w *worker) dispatch(ctx context.Context, e workerEvent) (any, error) {
	lines := w.front.Subscribe(e.Version.Function)
	defer lines.Close()
	done := make(chan isolate.Result, 1)
	event := &isolate.Event{ID: e.ID, Kind: isolate.KindFetch,
		Request: &isolate.Request{Method: e.Method, URL: e.URL, Header: fromWire(e.Header), Body: e.Body},
		Done:    func(r isolate.Result) { done <- r },
	}
	var out workerResult
	response, err := w.front.Dispatch(ctx, &e.Version, event)
	if err != nil && !errors.As(err, &out.Failure) {
		return nil, err
	}
	if response != nil {
		body, err := isolate.Collect(ctx, response, dispatchBytesMax)
		if err != nil && !errors.As(err, &out.Failure) {
			return nil, err
		}
		out.Response = &workerResponse{Status: response.Status, StatusText: []byte(response.StatusText), Header: toWire(response.Header), Body: body}
	}
	select {
	case out.Result = <-done:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for {
		select {
		case item := <-lines.C:
			if item.Line != nil && item.Line.EventID == e.ID {
				encoded, err := item.Encode()
				if err != nil {
					return nil, err
				}
				out.Items = append(out.Items, encoded)
			}
			continue
		default:
		}
		return out, nil
	}
}

// killSelf ends this process as a crash would.
func killSelf() {
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Kill()
	}
}
