package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/catalog"
	"github.com/skerry-edge/skerry/bundles/replicate"
	"github.com/skerry-edge/skerry/bundles/store"
	"github.com/skerry-edge/skerry/gateway/admin"
	"github.com/skerry-edge/skerry/gateway/route"
	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/bolt"
	"github.com/skerry-edge/skerry/kv/redis"
)

// node is all the pieces of a node, joined. Where its functions run is behind serving.
type node struct {
	id        string
	started   time.Time
	storeName string
	urls      origins
	stopping  atomic.Bool
	functions atomic.Int64 // that are live

	kv      kv.Store // the functions'
	system  kv.Store // Skerry's own
	serving serving
	replica *replicate.Replica
	peers   atomic.Pointer[replicate.Peers] // nil: the node is alone
	control net.Listener
	front   net.Listener
	api     *http.Server

	servers sync.WaitGroup
	closers closers
}

// openNode opens and joins the pieces. Nothing is served yet.
func openNode(ctx context.Context, t *terminal, f serveFlags) (*node, error) {
	n := &node{started: time.Now()}
	if err := n.open(ctx, t, f); err != nil {
		return nil, n.closers.close(err)
	}
	return n, nil
}

func (n *node) open(ctx context.Context, t *terminal, f serveFlags) error {
	if err := n.openData(f.data); err != nil {
		return err
	}
	token, err := admin.Token(f.data)
	if err != nil {
		return err
	}
	if err := n.listen(f); err != nil {
		return err
	}
	if err := n.openStores(ctx, t, f); err != nil {
		return err
	}
	local, err := store.OpenLocal(filepath.Join(f.data, "bundles"))
	if err != nil {
		return err
	}
	var blobs store.Store = local
	if n.shared() {
		far, err := store.NewShared(n.system)
		if err != nil {
			return err
		}
		blobs = store.NewTier(local, far)
	}
	if err := n.openServing(f, t, local); err != nil {
		return err
	}
	cat, err := catalog.New(n.system, catalog.Config{Claims: func(m bundles.Manifest) ([]string, error) {
		return route.Claims(&m, f.domain)
	}})
	if err != nil {
		return err
	}
	if err := n.replicate(ctx, f, cat, blobs); err != nil {
		return err
	}
	api, err := admin.New(admin.Config{
		Token: token, Catalog: cat, Bundles: blobs, Engine: pushed{n.serving}, KV: n.kv, Tail: n.serving,
		Metrics: n.serving.Metrics(), Rollout: n.rollout, URLs: n.urls.of, Status: n.status,
		Panicked: func(v any, stack []byte) { t.note("panic in the control API: %v\n%s", v, stack) },
	})
	if err != nil {
		return err
	}
	n.api = &http.Server{Handler: api, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: log.New(io.Discard, "", 0)}
	return nil
}

// openData makes the data directory and takes it for this process alone.
func (n *node) openData(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return &configError{fmt.Errorf("--data: %w", err)}
	}
	unlock, err := lockDirectory(dir)
	if err != nil {
		return &configError{err}
	}
	n.closers.add(unlock)
	n.id, err = nodeID(dir)
	return err
}

// listen takes both addresses before anything is served on them.
func (n *node) listen(f serveFlags) (err error) {
	if n.front, err = listenOn("--listen", f.listen); err != nil {
		return err
	}
	n.closers.add(ignoreClosed(n.front.Close))
	if n.control, err = listenOn("--admin", f.admin); err != nil {
		return err
	}
	n.closers.add(ignoreClosed(n.control.Close))
	if addr := n.control.Addr().(*net.TCPAddr); !addr.IP.IsLoopback() && !f.insecureAdmin {
		return &configError{fmt.Errorf("--admin %s: others can reach this address, and the control API has no TLS; use a loopback address, or --insecure-admin", f.admin)}
	}
	n.urls = origins{domain: f.domain, port: n.front.Addr().(*net.TCPAddr).Port}
	return nil
}

func listenOn(flag, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, &configError{fmt.Errorf("%s %s: %w", flag, address, err)}
	}
	return l, nil
}

func ignoreClosed(close func() error) func() error {
	return func() error {
		if err := close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	}
}

// shared says whether the store is one that other nodes use too.
func (n *node) shared() bool { return n.storeName == "redis" }

// openStores opens the store of the functions and Skerry's own. They are apart, so that no
// function and no user of the control API can name what is Skerry's.
func (n *node) openStores(ctx context.Context, t *terminal, f serveFlags) error {
	switch {
	case f.store == "bolt":
		n.storeName = "bolt"
		for name, to := range map[string]*kv.Store{"kv.db": &n.kv, "meta.db": &n.system} {
			s, err := bolt.Open(bolt.Config{Path: filepath.Join(f.data, name)})
			if err != nil {
				return err
			}
			n.closers.add(s.Close)
			*to = s
		}
		return nil
	case strings.HasPrefix(f.store, "redis://"), strings.HasPrefix(f.store, "rediss://"):
		n.storeName = "redis"
		for _, r := range []struct {
			prefix  string
			timeout time.Duration
			to      *kv.Store
		}{{"skerry", 0, &n.kv}, {"skerry-system", systemTimeout, &n.system}} {
			s, err := redis.Open(redis.Config{URL: f.store, Prefix: r.prefix, Timeout: r.timeout})
			if err != nil {
				return &configError{fmt.Errorf("--store: %w", err)}
			}
			n.closers.add(s.Close)
			*r.to = s
			if r.prefix != "skerry" {
				continue
			}
			warnings, err := s.Warnings(ctx)
			if err != nil {
				continue // the node says itself that it is degraded
			}
			for _, w := range warnings {
				t.note("%s %s", t.paint(yellow, "warning:"), w)
			}
		}
		return nil
	default:
		return &configError{fmt.Errorf(`--store %q: use "bolt", or a URL that begins with redis:// or rediss://`, f.store)}
	}
}

// openServing makes what runs functions.
func (n *node) openServing(f serveFlags, t *terminal, local store.Store) error {
	settings, err := n.frontSettings(f)
	if err != nil {
		return err
	}
	front, err := openFront(settings, frontParts{kv: n.kv, bundles: local, out: t.out})
	if err != nil {
		return err
	}
	n.serving = front
	n.closers.add(func() error { return front.closers.close(nil) })
	return nil
}

func (n *node) frontSettings(f serveFlags) (frontSettings, error) {
	s := frontSettings{
		Domain: f.domain, MemoryMB: f.memoryMB, AllowPrivate: f.file.allowPrivate, Listeners: n.listeners(), ServerTiming: f.serverTiming,
	}
	for _, text := range f.file.trusted {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return s, &configError{fmt.Errorf("[proxy] trusted: %w; write networks, as 10.0.0.0/8", err)}
		}
		s.Trusted = append(s.Trusted, p)
	}
	return s, nil
}

// listeners are the node's own addresses, where functions may not go.
func (n *node) listeners() []netip.AddrPort {
	var own []netip.AddrPort
	for _, l := range []net.Listener{n.front, n.control} {
		own = append(own, l.Addr().(*net.TCPAddr).AddrPort())
	}
	return own
}

// replicate follows the catalog.
func (n *node) replicate(ctx context.Context, f serveFlags, cat *catalog.Catalog, blobs store.Store) (err error) {
	n.replica, err = replicate.Start(ctx, replicate.Config{
		Catalog: cat, Bundles: blobs, Dir: f.data,
		Warm: func(ctx context.Context, v bundles.Version) error {
			v.Manifest = v.Manifest.WithDefaults()
			return n.serving.Warm(ctx, &v)
		},
		Switch: func(ctx context.Context, s *replicate.Serving) error {
			versions := s.Versions()
			n.functions.Store(int64(len(versions)))
			return n.serving.SetRoutes(ctx, versions)
		},
		Changed: func(replicate.Status) {
			if peers := n.peers.Load(); peers != nil {
				peers.Tell()
			}
		},
	})
	if err != nil {
		return err
	}
	n.closers.add(func() error { n.replica.Close(); return nil })
	if n.shared() {
		peers := replicate.StartPeers(n.system, n.id, n.replica.Status)
		n.peers.Store(peers)
		n.closers.add(func() error { peers.Close(); return nil })
	}
	return nil
}

// start serves. The channel gets the error of a listener that fails.
func (n *node) start() <-chan error {
	failed := make(chan error, 2)
	n.servers.Go(func() {
		if err := n.serving.Serve(n.front); err != nil && !n.stopping.Load() {
			failed <- err
		}
	})
	n.servers.Go(func() {
		if err := n.api.Serve(n.control); err != nil && !n.stopping.Load() {
			failed <- err
		}
	})
	return failed
}

// close lets requests finish and closes all pieces, the last opened first.
func (n *node) close() error {
	n.stopping.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), drainMax)
	defer cancel()
	err := n.serving.Shutdown(ctx)
	// Tails never end by themselves: those who follow are cut.
	err = errors.Join(err, n.api.Close())
	n.servers.Wait()
	return n.closers.close(err)
}

// status describes the node.
func (n *node) status() admin.Status {
	s := n.replica.Status()
	out := admin.Status{Version: currentVersion(), Node: n.id, Store: n.storeName, Started: n.started,
		Listen: n.front.Addr().String(), Revision: s.Applied, Functions: int(n.functions.Load()), Ready: n.serving.Ready()}
	if s.Err != nil {
		out.Degraded = append(out.Degraded, "the catalog can't be followed, and the node serves what it has: "+s.Err.Error())
	}
	for _, h := range s.Held {
		out.Degraded = append(out.Degraded, h.String())
	}
	out.Degraded = append(out.Degraded, n.serving.Degraded()...)
	return out
}

// rollout waits until this node serves what the catalog says of function, and the others
// are at revision.
func (n *node) rollout(ctx context.Context, revision int64, function string) ([]admin.Node, error) {
	ctx, cancel := context.WithTimeout(ctx, rolloutMax)
	defer cancel()
	if err := n.replica.Sync(ctx, function); err != nil {
		return nil, err
	}
	nodes := []admin.Node{{ID: n.id, Switched: true}}
	others := n.peers.Load()
	if others == nil {
		return nodes, nil
	}
	others.Tell()
	peers, err := others.Await(ctx, revision)
	if err != nil {
		return nodes, nil // this node serves it; who the others are can't be asked now
	}
	nodes = nodes[:0]
	for _, p := range peers {
		nodes = append(nodes, admin.Node{ID: p.ID, Switched: p.ID == n.id || p.Serves(revision, function)})
	}
	return nodes, nil
}
