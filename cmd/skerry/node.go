package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/store"
	"github.com/skerry-edge/skerry/gateway/admin"
	"github.com/skerry-edge/skerry/gateway/supervise"
	"github.com/skerry-edge/skerry/kv"
)

// Names of a node's listening sockets, for systemd too.
const (
	socketHTTP  = "http"
	socketAdmin = "admin"
)

// node is all the pieces of a node, joined. From below: its directory and sockets, its
// stores, what runs functions, and what decides which.
type node struct {
	t       *terminal
	flags   serveFlags
	id      string
	token   string
	started time.Time
	urls    origins

	sockets  *supervise.Listeners
	front    net.Listener
	admin    net.Listener
	unlock   func() error // gives the directory up
	stores   *stores
	bundles  *store.Local
	blobs    store.Store // bundles, and where other nodes have them
	spawner  *supervise.Spawner
	jails    *jails
	serving  serving
	plane    *controlPlane
	planes   sync.Mutex // held while plane is exchanged
	servers  sync.WaitGroup
	stopping atomic.Bool
	failed   chan error // of listeners
	closers  closers
}

// openNode opens and joins the pieces. Nothing is served yet.
func openNode(ctx context.Context, t *terminal, f serveFlags, in *supervise.Inheritance) (*node, error) {
	n := &node{t: t, flags: f, started: time.Now(), failed: make(chan error, 3)}
	if err := n.open(ctx, in); err != nil {
		return nil, n.closers.close(err)
	}
	return n, nil
}

func (n *node) open(ctx context.Context, in *supervise.Inheritance) (err error) {
	if err := n.openData(); err != nil {
		return err
	}
	if err := n.listen(in); err != nil {
		return err
	}
	if n.stores, err = openStores(ctx, n.t, n.flags, in); err != nil {
		return err
	}
	n.closers.add(func() error { return n.stores.closers.close(nil) })
	if err := n.openBundles(); err != nil {
		return err
	}
	if err := n.openServing(); err != nil {
		return err
	}
	if err := in.Close(); err != nil { // what nobody has asked for
		return err
	}
	return n.openPlane(ctx)
}

// openData makes the data directory and takes it for this process alone.
func (n *node) openData() error {
	if err := os.MkdirAll(n.flags.data, 0o700); err != nil {
		return &configError{fmt.Errorf("--data: %w", err)}
	}
	if err := n.lock(); err != nil {
		return err
	}
	n.closers.add(func() error { return n.unlock() })
	var err error
	if n.id, err = nodeID(n.flags.data); err != nil {
		return err
	}
	n.token, err = admin.Token(n.flags.data)
	return err
}

func (n *node) lock() error {
	unlock, err := lockDirectory(n.flags.data)
	if err != nil {
		return &configError{err}
	}
	n.unlock = sync.OnceValue(unlock)
	return nil
}

// listen takes both addresses before anything is served on them.
func (n *node) listen(in *supervise.Inheritance) (err error) {
	n.sockets = in.Listeners(socketHTTP, socketAdmin)
	n.closers.add(n.sockets.Close)
	if n.front, err = n.sockets.Listen(socketHTTP, n.flags.listen); err != nil {
		return &configError{fmt.Errorf("--listen %s: %w", n.flags.listen, err)}
	}
	n.closers.add(ignoreClosed(n.front.Close))
	if n.admin, err = n.sockets.Listen(socketAdmin, n.flags.admin); err != nil {
		return &configError{fmt.Errorf("--admin %s: %w", n.flags.admin, err)}
	}
	n.closers.add(ignoreClosed(n.admin.Close))
	if addr, ok := n.admin.Addr().(*net.TCPAddr); ok && !addr.IP.IsLoopback() && !n.flags.insecureAdmin {
		return &configError{fmt.Errorf("--admin %s: others can reach this address, and the control API has no TLS; use a loopback address, or --insecure-admin", n.flags.admin)}
	}
	n.urls = origins{domain: n.flags.domain, port: portOf(n.front)}
	return nil
}

// portOf is the TCP port of a listener; 0: it has none.
func portOf(ln net.Listener) int {
	if addr, ok := ln.Addr().(*net.TCPAddr); ok {
		return addr.Port
	}
	return 0
}

func ignoreClosed(close func() error) func() error {
	return func() error {
		if err := close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	}
}

// openBundles opens where bundles are.
func (n *node) openBundles() (err error) {
	if n.bundles, err = store.OpenLocal(n.bundleDir()); err != nil {
		return err
	}
	n.blobs = n.bundles
	if n.stores.shared() {
		far, err := store.NewShared(n.stores.system)
		if err != nil {
			return err
		}
		n.blobs = store.NewTier(n.bundles, far)
	}
	return nil
}

func (n *node) bundleDir() string { return filepath.Join(n.flags.data, "bundles") }

// openServing makes what runs functions.
func (n *node) openServing() error {
	settings, err := n.frontSettings()
	if err != nil {
		return err
	}
	n.spawner = supervise.NewSpawner()
	n.closers.add(n.spawner.Close)
	n.jails, err = openJails(jailsConfig{
		spawner: n.spawner, dir: n.flags.data, untrusted: n.flags.untrusted != "", workers: n.flags.workers > 0, log: n.t.note,
	})
	if err != nil {
		return err
	}
	n.closers.add(n.jails.close)
	responses, err := newCacheStore(settings.CacheMB)
	if err != nil {
		return err
	}
	if n.flags.workers > 0 {
		return n.openWorkers(settings, responses)
	}
	one, err := openAlone(settings, frontParts{kv: n.stores.functions, cache: responses, bundle: n.bundles.Get, out: n.t.out}, n.jails, n.t.note)
	if err != nil {
		return err
	}
	n.serving = one
	n.closers.add(func() error { return one.closers.close(nil) })
	return nil
}

// openWorkers starts the processes that serve, with one place for the responses that they
// keep.
func (n *node) openWorkers(settings frontSettings, responses kv.Store) error {
	socket, err := n.sockets.File(socketHTTP)
	if err != nil {
		return err
	}
	settings.MemoryMB = max(settings.MemoryMB/n.flags.workers, 1)
	cfg := workersConfig{
		count: n.flags.workers, spawner: n.spawner, socket: socket, jails: n.jails, out: n.t.out, log: n.t.note,
		settings: workerSettings{frontSettings: settings, Bundles: n.bundleDir()}, cache: responses,
		fetch: func(ctx context.Context, d bundles.Digest) error {
			_, err := n.blobs.Get(ctx, d)
			return err
		},
	}
	if n.stores.shared() {
		cfg.settings.Store = n.flags.store
	} else {
		cfg.kv = n.stores.functions
	}
	w, err := startWorkers(cfg)
	if err != nil {
		return err
	}
	n.serving = w
	n.closers.add(w.close)
	ctx, cancel := context.WithCancel(context.Background())
	var tidying sync.WaitGroup
	tidying.Go(func() { tidy(ctx) })
	n.closers.add(func() error { cancel(); tidying.Wait(); return nil })
	return nil
}

func (n *node) frontSettings() (frontSettings, error) {
	s := frontSettings{
		Domain: n.flags.domain, Workers: max(n.flags.workers, 1), MemoryMB: n.flags.memoryMB, AllowPrivate: n.flags.file.allowPrivate,
		Listeners: n.addresses(), ServerTiming: n.flags.serverTiming, CacheMB: n.flags.file.cacheMegabytes(), CF: n.flags.file.cf,
	}
	for _, text := range n.flags.file.trusted {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return s, &configError{fmt.Errorf("[proxy] trusted: %w; write networks, as 10.0.0.0/8", err)}
		}
		s.Trusted = append(s.Trusted, p)
	}
	return s, nil
}

// addresses are the node's own, where functions may not go.
func (n *node) addresses() []netip.AddrPort {
	var own []netip.AddrPort
	for _, l := range []net.Listener{n.front, n.admin} {
		if addr, ok := l.Addr().(*net.TCPAddr); ok {
			own = append(own, addr.AddrPort())
		}
	}
	return own
}

// openPlane makes what decides which functions are served.
func (n *node) openPlane(ctx context.Context) error {
	plane, err := openControlPlane(ctx, controlParts{
		id: n.id, token: n.token, data: n.flags.data, domain: n.flags.domain,
		stores: n.stores, bundles: n.blobs, serving: n.serving, engine: pushed{n.serving}, quarantine: n.jails,
		live: n.jails.setLive, urls: n.urls.of, status: n.status, note: n.t.note,
	})
	if err != nil {
		return err
	}
	n.planes.Lock()
	defer n.planes.Unlock()
	n.plane = plane
	return nil
}

// start serves. n.failed gets the error of a listener that fails.
func (n *node) start() {
	n.servers.Go(func() {
		if err := n.serving.Serve(n.front); err != nil && !n.stopping.Load() {
			n.failed <- err
		}
	})
	n.plane.serve(n.admin, n.failed)
}

// close lets requests finish and closes all pieces, the last opened first.
func (n *node) close() error {
	n.stopping.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), drainMax)
	defer cancel()
	err := n.serving.Shutdown(ctx)
	n.servers.Wait()
	n.planes.Lock()
	plane := n.plane
	n.planes.Unlock()
	if plane != nil {
		err = errors.Join(err, plane.close())
	}
	return n.closers.close(err)
}

// status describes the node.
func (n *node) status() admin.Status {
	n.planes.Lock()
	plane := n.plane
	n.planes.Unlock()
	out := admin.Status{Version: currentVersion(), Node: n.id, Store: n.stores.name, Started: n.started, PID: os.Getpid(),
		Listen: n.front.Addr().String(), Ready: n.serving.Ready(), Processes: n.serving.Processes(), MissingLayers: n.jails.missing()}
	if plane == nil { // it is being opened, or another process has it now
		return out
	}
	s := plane.replica.Status()
	out.Revision, out.Functions = s.Applied, int(plane.functions.Load())
	if s.Err != nil {
		out.Degraded = append(out.Degraded, "the catalog can't be followed, and the node serves what it has: "+s.Err.Error())
	}
	for _, h := range s.Held {
		out.Degraded = append(out.Degraded, h.String())
	}
	out.Degraded = append(out.Degraded, n.serving.Degraded()...)
	return out
}

// describe says in a line what the node is.
func (n *node) describe() string {
	parts := []string{fmt.Sprintf("skerry %s serves on %s", currentVersion(), n.front.Addr()), fmt.Sprintf("admin on %s", n.admin.Addr()), "store " + n.stores.name}
	if n.flags.workers > 0 {
		parts = append(parts, fmt.Sprintf("%d workers", n.flags.workers))
	}
	return strings.Join(parts, ", ")
}
