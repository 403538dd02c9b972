package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/catalog"
	"github.com/skerry-edge/skerry/bundles/replicate"
	"github.com/skerry-edge/skerry/bundles/store"
	"github.com/skerry-edge/skerry/gateway/admin"
	"github.com/skerry-edge/skerry/gateway/route"
)

// controlPlane decides what a node serves: it follows the catalog, and changes it for those
// who ask at the admin address.
type controlPlane struct {
	id        string // of the node
	serving   serving
	replica   *replicate.Replica
	peers     atomic.Pointer[replicate.Peers] // nil: the node is alone
	functions atomic.Int64                    // that are live
	api       *http.Server
	servers   sync.WaitGroup
	stopping  atomic.Bool
	closers   closers
}

// controlParts are what a control plane is joined with.
type controlParts struct {
	id      string
	token   string
	data    string // directory
	domain  string
	stores  *stores
	bundles store.Store
	serving serving
	engine  admin.Engine
	live    func([]bundles.Version) // told what is to be served, before it is
	urls    func(m *bundles.Manifest) []string
	status  func() admin.Status
	note    func(format string, args ...any)

	quarantine admin.Quarantine
}

// openControlPlane makes the node serve what the catalog says. The API isn't served yet.
func openControlPlane(ctx context.Context, p controlParts) (*controlPlane, error) {
	c := &controlPlane{id: p.id, serving: p.serving}
	if err := c.open(ctx, p); err != nil {
		return nil, c.closers.close(err)
	}
	return c, nil
}

func (c *controlPlane) open(ctx context.Context, p controlParts) error {
	cat, err := catalog.New(p.stores.system, catalog.Config{Claims: func(m bundles.Manifest) ([]string, error) {
		return route.Claims(&m, p.domain)
	}})
	if err != nil {
		return err
	}
	if err := c.replicate(ctx, p, cat); err != nil {
		return err
	}
	api, err := admin.New(admin.Config{
		Token: p.token, Catalog: cat, Bundles: p.bundles, Engine: p.engine, KV: p.stores.functions, Tail: p.serving,
		Metrics: p.serving.Metrics(), Rollout: c.rollout, URLs: p.urls, Status: p.status, Quarantine: p.quarantine,
		Panicked: func(v any, stack []byte) { p.note("panic in the control API: %v\n%s", v, stack) },
	})
	if err != nil {
		return err
	}
	c.api = &http.Server{Handler: api, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: log.New(io.Discard, "", 0)}
	return nil
}

// replicate follows the catalog.
func (c *controlPlane) replicate(ctx context.Context, p controlParts, cat *catalog.Catalog) (err error) {
	c.replica, err = replicate.Start(ctx, replicate.Config{
		Catalog: cat, Bundles: p.bundles, Dir: p.data,
		Warm: func(ctx context.Context, v bundles.Version) error {
			v.Manifest = v.Manifest.WithDefaults()
			return c.serving.Warm(ctx, &v)
		},
		Switch: func(ctx context.Context, s *replicate.Serving) error {
			versions := s.Versions()
			p.live(versions)
			c.functions.Store(int64(len(versions)))
			return c.serving.SetRoutes(ctx, versions)
		},
		Changed: func(replicate.Status) {
			if peers := c.peers.Load(); peers != nil {
				peers.Tell()
			}
		},
	})
	if err != nil {
		return err
	}
	c.closers.add(func() error { c.replica.Close(); return nil })
	if p.stores.shared() {
		peers := replicate.StartPeers(p.stores.system, c.id, c.replica.Status)
		c.peers.Store(peers)
		c.closers.add(func() error { peers.Close(); return nil })
	}
	return nil
}

// serve answers the control API until the plane is closed; failed gets the error of a
// listener that fails.
func (c *controlPlane) serve(ln net.Listener, failed chan<- error) {
	c.servers.Go(func() {
		if err := c.api.Serve(ln); err != nil && !c.stopping.Load() {
			failed <- err
		}
	})
}

// close ends the API, cutting who is still connected, and follows the catalog no more. What
// is served stays.
func (c *controlPlane) close() error {
	c.stopping.Store(true)
	// Tails never end by themselves: those who follow are cut.
	err := c.api.Close()
	c.servers.Wait()
	return c.closers.close(err)
}

// finish is close for a node that goes on elsewhere: calls of the API that are under way
// end first, within ctx.
func (c *controlPlane) finish(ctx context.Context) error {
	c.stopping.Store(true)
	if err := c.api.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return errors.Join(err, c.close())
	}
	return c.close()
}

// rollout waits until this node serves what the catalog says of function, and the others
// are at revision.
func (c *controlPlane) rollout(ctx context.Context, revision int64, function string) ([]admin.Node, error) {
	ctx, cancel := context.WithTimeout(ctx, rolloutMax)
	defer cancel()
	if err := c.replica.Sync(ctx, function); err != nil {
		return nil, err
	}
	nodes := []admin.Node{{ID: c.id, Switched: true}}
	others := c.peers.Load()
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
		nodes = append(nodes, admin.Node{ID: p.ID, Switched: p.ID == c.id || p.Serves(revision, function)})
	}
	return nodes, nil
}
