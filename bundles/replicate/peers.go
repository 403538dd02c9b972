package replicate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/skerry-edge/skerry/kv"
)

// PeersNamespace is where nodes on one store say that they are there. No function and no
// user of the control API may reach it.
const PeersNamespace = "skerry:nodes"

const (
	announceEvery = 2 * time.Second
	// announceLife is how long a node counts as reachable after it was heard of.
	announceLife = 7 * time.Second
	askEvery     = 100 * time.Millisecond
)

// Peer is a node that shares the store.
type Peer struct {
	ID      string   `json:"id"`
	Applied int64    `json:"applied"`        // the catalog's revision that it serves, held functions aside
	Held    []string `json:"held,omitempty"` // the functions that it can't bring up to date
}

// Serves says whether the node serves what the catalog said of function at revision.
func (p *Peer) Serves(revision int64, function string) bool {
	return p.Applied >= revision && !slices.Contains(p.Held, function)
}

// Peers tells the nodes on one store of each other, so that a push can wait for all of
// them. A node that dies is forgotten within seconds.
type Peers struct {
	store   kv.Store
	id      string
	status  func() Status
	told    chan struct{} // holds a token when there is news to announce
	quit    chan struct{}
	stopped sync.WaitGroup
}

// StartPeers announces this node under id, with what status says of it, until Close. It
// starts even if the store is out of reach: the node is announced later.
func StartPeers(s kv.Store, id string, status func() Status) *Peers {
	p := &Peers{store: s, id: id, status: status, told: make(chan struct{}, 1), quit: make(chan struct{})}
	p.stopped.Go(p.run)
	return p
}

// Tell announces this node at once, because the revision that it serves has changed.
func (p *Peers) Tell() {
	select {
	case p.told <- struct{}{}:
	default:
	}
}

// Close takes the announcement back and ends.
func (p *Peers) Close() {
	close(p.quit)
	p.stopped.Wait()
}

func (p *Peers) run() {
	tick := time.NewTicker(announceEvery)
	defer tick.Stop()
	for {
		p.announce()
		select {
		case <-tick.C:
		case <-p.told:
		case <-p.quit:
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			_ = p.store.Delete(ctx, PeersNamespace, p.id) // it expires by itself otherwise
			return
		}
	}
}

func (p *Peers) announce() {
	text, err := json.Marshal(p.self())
	if err != nil {
		panic(err) // plain fields
	}
	ctx, cancel := context.WithTimeout(context.Background(), announceEvery)
	defer cancel()
	// If the store is away there is nobody to tell; the next announcement comes soon.
	_, _ = p.store.Put(ctx, PeersNamespace, p.id, kv.Entry{Value: text, ExpiresAt: time.Now().Add(announceLife)})
}

// self is what this node announces.
func (p *Peers) self() Peer {
	s := p.status()
	peer := Peer{ID: p.id, Applied: s.Applied}
	for _, h := range s.Held {
		peer.Held = append(peer.Held, h.Function)
	}
	return peer
}

// List returns the nodes that are reachable now, this one among them.
func (p *Peers) List(ctx context.Context) ([]Peer, error) {
	peers := []Peer{p.self()}
	for k, err := range kv.Keys(ctx, p.store, PeersNamespace, "") {
		if err != nil {
			return nil, fmt.Errorf("list nodes: %w", err)
		}
		if k.Name == p.id {
			continue
		}
		e, err := p.store.Get(ctx, PeersNamespace, k.Name)
		if errors.Is(err, kv.ErrNotFound) {
			continue // gone meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("list nodes: %w", err)
		}
		var peer Peer
		if err := json.Unmarshal(e.Value, &peer); err != nil {
			return nil, fmt.Errorf("list nodes: node %s: %w", k.Name, err)
		}
		peers = append(peers, peer)
	}
	return peers, nil
}

// Await waits until all reachable nodes have tried to serve revision, or ctx ends, and
// returns them as they were last heard of.
func (p *Peers) Await(ctx context.Context, revision int64) ([]Peer, error) {
	var last []Peer
	for {
		peers, err := p.List(ctx)
		if err != nil && ctx.Err() != nil && last != nil {
			return last, nil
		}
		if err != nil {
			return nil, err
		}
		last = peers
		behind := false
		for _, peer := range peers {
			behind = behind || peer.Applied < revision
		}
		if !behind {
			return peers, nil
		}
		select {
		case <-time.After(askEvery):
		case <-ctx.Done():
			return peers, nil
		}
	}
}
