package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"github.com/skerry-edge/skerry/kv"
)

// scanMax bounds the records that one List looks at, so that a run of expired ones can't
// keep a transaction open for long: pages that a reader may still need are not reused.
const scanMax = 10 * kv.ListLimitMax

// Get is kv.Store's.
func (s *Store) Get(ctx context.Context, ns, key string) (kv.Entry, error) {
	if err := kv.CheckKey(ns, key); err != nil {
		return kv.Entry{}, err
	}
	if err := ctx.Err(); err != nil {
		return kv.Entry{}, err
	}
	name := nameOf(ns, key)
	var r record
	err := s.view(func(tx *bbolt.Tx) error {
		r = bytes.Clone(tx.Bucket(dataBucket).Get(name)) // bbolt's slice is the file itself
		return nil
	})
	if err != nil {
		return kv.Entry{}, err
	}
	if r == nil {
		return kv.Entry{}, kv.ErrNotFound
	}
	if err := r.checkHead(name); err != nil {
		return kv.Entry{}, err
	}
	if r.expired(s.now().UnixMilli()) {
		return kv.Entry{}, kv.ErrNotFound
	}
	if err := r.checkValue(name); err != nil {
		return kv.Entry{}, err
	}
	return kv.Entry{
		Value:     r.value(),
		Metadata:  r.metadata(),
		ExpiresAt: kv.FromMillis(r.expiresAt()),
		Version:   r.version(),
	}, nil
}

// List is kv.Store's.
func (s *Store) List(ctx context.Context, ns string, q kv.Query) (kv.Page, error) {
	scan, err := kv.NewScan(ns, q)
	if err != nil {
		return kv.Page{}, err
	}
	if err := ctx.Err(); err != nil {
		return kv.Page{}, err
	}
	var page kv.Page
	err = s.view(func(tx *bbolt.Tx) error {
		page, err = listPage(tx, ns, scan, s.now().UnixMilli())
		return err
	})
	return page, err
}

func listPage(tx *bbolt.Tx, ns string, scan kv.Scan, now int64) (kv.Page, error) {
	var page kv.Page
	space, prefix := len(nameOf(ns, "")), nameOf(ns, scan.Prefix)
	c := tx.Bucket(dataBucket).Cursor()
	looked := 0
	last := ""
	for name, value := c.Seek(nameOf(ns, scan.From)); bytes.HasPrefix(name, prefix); name, value = c.Next() {
		if len(page.Keys) == scan.Limit || looked == scanMax {
			page.Cursor = scan.Cursor(last)
			break
		}
		looked++
		last = string(name[space:])
		r := record(value)
		if err := r.checkHead(name); err != nil {
			return kv.Page{}, err
		}
		if r.expired(now) {
			continue
		}
		page.Keys = append(page.Keys, kv.Key{
			Name:      last,
			Metadata:  bytes.Clone(r.metadata()),
			ExpiresAt: kv.FromMillis(r.expiresAt()),
			Version:   r.version(),
		})
	}
	return page, nil
}

// view runs fn in a transaction that reads. What fn sees of the file it must copy.
func (s *Store) view(fn func(*bbolt.Tx) error) error {
	err := guardedView(s.db, fn)
	if errors.Is(err, bbolterrors.ErrDatabaseNotOpen) {
		return errClosed
	}
	return err
}

var errClosed = fmt.Errorf("%w: it has been closed", kv.ErrUnavailable)

// guardedView is db.View, with kv.ErrCorrupt for the panics and memory faults by which
// bbolt shows that it has met a damaged page.
func guardedView(db *bbolt.DB, fn func(*bbolt.Tx) error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = damaged(p)
		}
	}()
	return db.View(fn)
}

// damaged is the error for a panic of bbolt's.
func damaged(p any) error {
	return fmt.Errorf("%w: bolt: a page of the file is damaged: %v", kv.ErrCorrupt, p)
}
