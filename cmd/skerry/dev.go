package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/build"
	"github.com/skerry-edge/skerry/gateway"
	"github.com/skerry-edge/skerry/gateway/egress"
	"github.com/skerry-edge/skerry/gateway/observe"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/kv/bolt"
)

// devKeep is how many builds stay in memory: events of the one before may be under way.
const devKeep = 2

func devCommand(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dev [DIR or FILE]",
		Short: "Build and serve a function here, and reload it when a file changes",
		Long: `Build and serve a function on this machine, and reload it when a file changes.
It answers at any host name. KV is kept in the folder .skerry beside the function.`,
		Example: "  skerry dev\n  skerry dev hello.ts --listen 127.0.0.1:3000",
		Args:    cobra.MaximumNArgs(1),
	}
	listen := cmd.Flags().String("listen", "127.0.0.1:8787", "address to serve on")
	allow := cmd.Flags().StringArray("allow-private", nil, `private "host:port" that fetch may reach, as "127.0.0.1:9000"; may be repeated`)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := fromEnvironment(t, cmd.Flags()); err != nil {
			return err
		}
		path := "."
		if len(args) == 1 {
			path = args[0]
		}
		d := devServer{t: t}
		return d.run(cmd.Context(), path, *listen, *allow)
	}
	return cmd
}

// devServer serves the last build of one project.
type devServer struct {
	t        *terminal
	root     string // the project's folder
	session  *build.Session
	engine   *isolate.Engine
	gateway  *gateway.Server
	observer *observe.Observer
	broken   atomic.Pointer[isolate.Failure] // why the last build can't be served; nil: it is

	mu struct {
		sync.Mutex
		builds []*build.Result // the newest last
		number int             // of the newest
	}
}

func (d *devServer) run(ctx context.Context, path, listen string, allow []string) (err error) {
	debug.SetGCPercent(gcPercentMax)
	project, err := build.Load(path)
	if err != nil {
		return err
	}
	d.root, d.session = project.Root, build.NewSession(path, build.Options{})
	defer d.session.Close()
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return &configError{fmt.Errorf("--listen: %w", err)}
	}
	close, err := d.open(listener, allow)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, close()) }()
	changes, err := watch(d.root)
	if err != nil {
		return fmt.Errorf("watch %s: %w", d.root, err)
	}
	defer func() { err = errors.Join(err, changes.Close()) }()

	d.reload(ctx, time.Now())
	url := "http://" + listener.Addr().String() + "/"
	if !d.t.document(map[string]any{"event": "ready", "url": url}) {
		d.t.say("\n%s  %s\n", d.t.paint(bold, "ready"), d.t.paint(cyan, url))
	}
	failed := make(chan error, 1)
	go func() { failed <- d.gateway.Serve(listener) }()
	tail := d.observer.Subscribe("")
	defer tail.Close()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case at := <-changes.C:
			d.reload(ctx, at)
		case item := <-tail.C:
			if err := d.t.tailed(item.AppendJSON(nil), ""); err != nil {
				return err
			}
		}
	}
}

// open joins the pieces, and returns how to close them.
func (d *devServer) open(listener net.Listener, allow []string) (func() error, error) {
	data := filepath.Join(d.root, devDirectory)
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	store, err := bolt.Open(bolt.Config{Path: filepath.Join(data, "kv.db")})
	if err != nil {
		return nil, err
	}
	own := listener.Addr().(*net.TCPAddr).AddrPort()
	out, err := egress.New(egress.Config{AllowPrivate: allow, Listeners: []netip.AddrPort{own}})
	if err != nil {
		return nil, errors.Join(&configError{fmt.Errorf("--allow-private: %w", err)}, store.Close())
	}
	d.observer = observe.New(observe.Config{})
	cfg := isolate.Config{
		Host:        isolate.Host{Fetch: outbound{out}, KV: store, Console: d.observer.Log},
		Load:        d.load,
		SourceLines: true,
	}
	responses, err := newCacheStore(cacheMBDefault)
	if err == nil {
		err = withCache(&cfg, responses, cacheMBDefault)
	}
	if err == nil {
		d.engine, err = isolate.New(cfg)
	}
	if err != nil {
		return nil, errors.Join(err, out.Close(), store.Close())
	}
	d.gateway, err = gateway.New(gateway.Config{Dispatcher: d, Observer: d.observer, Domain: "localhost", Dev: true, ServerTiming: true})
	if err != nil {
		d.engine.Close()
		return nil, errors.Join(err, out.Close(), store.Close())
	}
	return func() error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		// Whoever waits for an answer of a developer's machine can ask again.
		_ = d.gateway.Shutdown(ctx)
		d.engine.Close()
		return errors.Join(out.Close(), store.Close())
	}, nil
}

// reload builds the project as it is now and serves it. If that fails, the error is served
// instead, and shown.
func (d *devServer) reload(ctx context.Context, saved time.Time) {
	result, err := d.rebuild(ctx)
	if err == nil {
		err = d.serve(ctx, result)
	}
	took := time.Since(saved).Round(time.Millisecond)
	if err != nil {
		failure := devFailure(err)
		d.showBroken(err, failure)
		d.broken.Store(failure)
		return
	}
	d.broken.Store(nil)
	name := result.Bundle.Manifest.Name
	if !d.t.document(map[string]any{"event": "reloaded", "function": name, "ms": took.Milliseconds()}) {
		d.t.say("%s %s, %s, in %v", d.t.paint(green, "✓"), d.t.paint(bold, name), size(result.Bundle.EncodedBytes()), took)
	}
}

func (d *devServer) rebuild(ctx context.Context) (*build.Result, error) {
	result, err := d.session.Build(ctx)
	if err != nil {
		return nil, err
	}
	for _, w := range result.Warnings {
		d.t.note("%s %s", d.t.paint(yellow, "warning:"), printableLines(w.String()))
	}
	return result, nil
}

// serve makes a build the one that answers, at every host.
func (d *devServer) serve(ctx context.Context, result *build.Result) error {
	d.mu.Lock()
	d.mu.number++
	d.mu.builds = append(d.mu.builds, result)
	if len(d.mu.builds) > devKeep {
		d.mu.builds = d.mu.builds[1:]
	}
	manifest := result.Bundle.Manifest.WithDefaults()
	manifest.Routes = []string{"*/*"}
	v := bundles.Version{Function: manifest.Name, Number: d.mu.number, Digest: result.Bundle.Digest(), Manifest: manifest, Created: time.Now()}
	d.mu.Unlock()
	if err := d.engine.Warm(ctx, &v); err != nil {
		return err
	}
	return d.gateway.SetRoutes([]bundles.Version{v})
}

// load finds a build by its digest.
func (d *devServer) load(_ context.Context, digest bundles.Digest) (*bundles.Bundle, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.mu.builds {
		if r.Bundle.Digest() == digest {
			return r.Bundle, nil
		}
	}
	return nil, errors.New("this build is gone; a newer one is served")
}

// Dispatch answers with the error of the last build if it failed, otherwise with the
// function, whose errors are shown where they happened.
func (d *devServer) Dispatch(ctx context.Context, target *isolate.Target, ev *isolate.Event) (*isolate.Response, error) {
	if failure := d.broken.Load(); failure != nil {
		if ev.Done != nil {
			ev.Done(isolate.Result{Outcome: failure.Outcome, Failure: failure})
		}
		return nil, failure
	}
	response, err := d.engine.Dispatch(ctx, target, ev)
	var failure *isolate.Failure
	if errors.As(err, &failure) && failure.Outcome != isolate.OutcomeCanceled {
		d.show(failure)
	}
	return response, err
}

// devFailure is what the browser is shown of an error that keeps a build from being served.
func devFailure(err error) *isolate.Failure {
	var failure *isolate.Failure
	if errors.As(err, &failure) {
		return failure
	}
	failure = &isolate.Failure{Outcome: isolate.OutcomeException, Message: err.Error()}
	if messages := messagesOf(err); len(messages) > 0 {
		m := messages[0]
		failure.Message = m.Text
		failure.Source = &isolate.Frame{File: m.File, Line: m.Line, Column: m.Column, Text: m.Source}
	}
	return failure
}

// showBroken tells of a build that can't be served.
func (d *devServer) showBroken(err error, failure *isolate.Failure) {
	if messages := messagesOf(err); len(messages) > 0 && !d.t.json {
		fmt.Fprint(d.t.err, d.t.frames(messages))
		return
	}
	d.show(failure)
}

// show writes a failure with its source frame and stack.
func (d *devServer) show(f *isolate.Failure) {
	if d.t.document(map[string]any{"event": "error", "failure": f}) {
		return
	}
	text := fmt.Sprintf("%s %s\n", d.t.paint(red, string(f.Outcome)+":"), printableLines(f.Message))
	if f.Source != nil {
		text += d.t.frame(f.Source.File, f.Source.Line, f.Source.Column, f.Source.Text)
	}
	if f.Stack != "" {
		text += d.t.paint(dim, printableLines(f.Stack)) + "\n"
	}
	fmt.Fprint(d.t.err, text)
}
