package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/skerry-edge/skerry/gateway/supervise"
	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/bolt"
	"github.com/skerry-edge/skerry/kv/redis"
	kvremote "github.com/skerry-edge/skerry/kv/remote"
)

const (
	// functionsPrefix and systemPrefix are what keys begin with in Redis: those of the
	// functions, and Skerry's own. They are apart, so that no function and no user of the
	// control API can name what is Skerry's.
	functionsPrefix = "skerry"
	systemPrefix    = "skerry-system"
)

// stores are where a node keeps state.
type stores struct {
	name      string   // "bolt" or "redis"
	functions kv.Store // the functions'
	system    kv.Store // Skerry's own
	files     []*storeFile
	closers   closers
}

// openStores opens what --store names.
func openStores(ctx context.Context, t *terminal, f serveFlags, in *supervise.Inheritance) (*stores, error) {
	s := new(stores)
	var err error
	switch {
	case f.store == "bolt":
		err = s.openFiles(f.data, in)
	case isRedis(f.store):
		err = s.openRedis(ctx, t, f.store)
	default:
		err = &configError{fmt.Errorf(`--store %q: use "bolt", or a URL that begins with redis:// or rediss://`, f.store)}
	}
	if err != nil {
		return nil, s.closers.close(err)
	}
	return s, nil
}

func isRedis(store string) bool {
	return strings.HasPrefix(store, "redis://") || strings.HasPrefix(store, "rediss://")
}

func (s *stores) openFiles(dir string, in *supervise.Inheritance) error {
	s.name = "bolt"
	for _, r := range []struct {
		name string
		to   *kv.Store
	}{{"kv.db", &s.functions}, {"meta.db", &s.system}} {
		f, err := openStoreFile(filepath.Join(dir, r.name))
		if err != nil {
			return err
		}
		s.files = append(s.files, f)
		s.closers.add(f.close)
		*r.to = f.Switch
		if err := f.servePredecessor(in); err != nil {
			return err
		}
	}
	return nil
}

func (s *stores) openRedis(ctx context.Context, t *terminal, url string) error {
	s.name = "redis"
	for _, r := range []struct {
		prefix  string
		timeout time.Duration
		to      *kv.Store
	}{{functionsPrefix, 0, &s.functions}, {systemPrefix, systemTimeout, &s.system}} {
		store, err := redis.Open(redis.Config{URL: url, Prefix: r.prefix, Timeout: r.timeout})
		if err != nil {
			return &configError{fmt.Errorf("--store: %w", err)}
		}
		s.closers.add(store.Close)
		*r.to = store
		if r.prefix != functionsPrefix {
			continue
		}
		warnings, err := store.Warnings(ctx)
		if err != nil {
			continue // the node says itself that it is degraded
		}
		for _, w := range warnings {
			t.note("%s %s", t.paint(yellow, "warning:"), w)
		}
	}
	return nil
}

// shared says whether the store is one that other nodes use too.
func (s *stores) shared() bool { return s.name == "redis" }

// storeFile is an embedded store, which one process can have open at a time. While another
// process takes this one's place, the calls of this one go to it.
type storeFile struct {
	*kv.Switch
	path  string
	store *bolt.Store      // nil: the successor has it
	far   *kvremote.Client // to the successor; nil: there is none

	exchanges sync.WaitGroup // with a successor
	older     sync.WaitGroup // the service of a predecessor
}

func openStoreFile(path string) (*storeFile, error) {
	store, err := bolt.Open(bolt.Config{Path: path})
	if err != nil {
		return nil, err
	}
	w, err := kv.NewSwitch(store)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return &storeFile{Switch: w, path: path, store: store}, nil
}

// socketName is the name of the socket between this process and its successor or
// predecessor, over which the older one reaches the store.
func (f *storeFile) socketName() string { return "store " + filepath.Base(f.path) }

// servePredecessor answers the process that this one replaces, while that has events left.
func (f *storeFile) servePredecessor(in *supervise.Inheritance) error {
	file := in.File(f.socketName())
	if file == nil {
		return nil
	}
	conn, err := connOf(file)
	if err != nil {
		return err
	}
	f.older.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*drainMax)
		defer cancel()
		// The predecessor's end is the only reason for this to end that there should be, and
		// about any other it knows itself.
		_ = kvremote.Serve(ctx, conn, f.Switch, kvremote.ServerConfig{})
	})
	return nil
}

// release closes the file and lets the calls that come wait until the successor, at the
// other end of conn, has it open. If that never does, the file is opened again.
func (f *storeFile) release(ctx context.Context, conn net.Conn) error {
	closed := make(chan error, 1)
	f.exchanges.Go(func() {
		err := f.Exchange(context.Background(), func() (kv.Store, error) {
			closed <- f.store.Close()
			f.store = nil
			ctx, cancel := context.WithTimeout(context.Background(), handoverMax)
			defer cancel()
			far, err := kvremote.Open(ctx, conn, kvremote.Config{})
			if err == nil {
				f.far = far
				return far.Store(), nil
			}
			f.store, err = bolt.Open(bolt.Config{Path: f.path})
			return f.store, err
		})
		if err != nil {
			closed <- err // nobody listens if it was closed: calls fail from here
		}
	})
	select {
	case err := <-closed:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// resume waits until the file is open again, after the successor has failed.
func (f *storeFile) resume() error {
	f.exchanges.Wait()
	if f.store == nil {
		return fmt.Errorf("%s could not be opened again", f.path)
	}
	return nil
}

func (f *storeFile) close() error {
	f.older.Wait()
	f.exchanges.Wait()
	var errs []error
	if f.far != nil {
		errs = append(errs, f.far.Close())
	}
	if f.store != nil {
		errs = append(errs, f.store.Close())
	}
	return errors.Join(errs...)
}
