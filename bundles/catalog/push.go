package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/kv"
)

// MessageBytesMax bounds what the one who pushes a version may say of it.
const MessageBytesMax = 1024

// Push makes the bundle d, whose manifest is m, the next version of the function that m
// names, and makes it live. The bundle should be in every node's reach already: nodes fetch
// it as soon as they notice.
//
// If the live version has the same bundle and manifest, there is nothing to do: Push returns
// that version, Unchanged, and makes no new one.
//
// It returns a *ConflictError if the function wants a route that is another's, what
// Manifest.Validate and Config.Claims say against m, ErrTooLarge, or ErrBusy. Then nothing
// was changed. After kv.ErrUnavailable that is not known, but pushing again is safe.
func (c *Catalog) Push(ctx context.Context, m bundles.Manifest, d bundles.Digest, message string) (Change, error) {
	changes, err := c.PushAll(ctx, []Pushed{{m, d, message}})
	if err != nil {
		return Change{}, err
	}
	return changes[0], nil
}

// Pushed is what becomes a function's next version: see [Catalog.Push].
type Pushed struct {
	Manifest bundles.Manifest
	Digest   bundles.Digest
	Message  string
}

// PushAll does what [Catalog.Push] does for several functions, each named once, in one
// change: all of them or none. The changes are in the order of what was pushed.
func (c *Catalog) PushAll(ctx context.Context, all []Pushed) ([]Change, error) {
	if len(all) == 0 {
		return nil, nil
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	pushes := make([]*push, len(all))
	named := make(map[string]bool, len(all))
	for i, p := range all {
		claims, err := c.check(p.Manifest, p.Digest, p.Message)
		if err == nil && named[p.Manifest.Name] {
			err = errors.New("it is named twice")
		}
		if err != nil {
			return nil, pushError(p.Manifest.Name, err)
		}
		named[p.Manifest.Name] = true
		pushes[i] = &push{catalog: c, claims: claims, id: newID(now), version: bundles.Version{
			Function: p.Manifest.Name, Digest: p.Digest, Manifest: p.Manifest, Message: p.Message, Created: now,
		}}
	}
	failed := "" // the function at fault
	s, err := c.change(ctx, func(ctx context.Context, s *Snapshot) (bool, error) {
		failed = ""
		allDone := true
		for _, p := range pushes {
			done, err := p.edit(ctx, s)
			if err != nil {
				failed = p.version.Function
				return false, err
			}
			allDone = allDone && done
		}
		return allDone, nil
	})
	if err != nil {
		if failed == "" {
			failed = all[0].Manifest.Name
		}
		return nil, pushError(failed, err)
	}
	changes := make([]Change, len(pushes))
	for i, p := range pushes {
		c.discard(ctx, p.stale...)
		p.change.Revision = s.Revision
		changes[i] = p.change
	}
	return changes, nil
}

func pushError(function string, err error) error {
	return fmt.Errorf("push function %q: %w", function, err)
}

// push is one function's part in a change.
type push struct {
	catalog *Catalog
	version bundles.Version // without its number
	claims  []string
	id      ID // of the documents

	// Of the last edit.
	change Change
	stale  []string // keys of documents that nobody refers to after the change
}

// edit makes the push's part of a change in s; see the type edit.
func (p *push) edit(ctx context.Context, s *Snapshot) (done bool, err error) {
	p.change, p.stale = Change{Version: p.version}, nil
	c, name, id := p.catalog, p.version.Function, p.id
	f, h, err := c.function(ctx, s, name)
	if errors.Is(err, ErrNoFunction) {
		h, err = c.begin(ctx, name)
	}
	if err != nil {
		return false, err
	}
	if e, ok := h.written(id); ok { // by an earlier attempt, whatever the store said
		p.change.Version.Number = e.Version
		return true, nil
	}
	if live, ok, err := c.same(ctx, f, p.version, p.claims); ok || err != nil {
		p.change = Change{Version: live, Unchanged: true}
		return ok, err
	}
	if err := s.claim(name, p.claims); err != nil {
		return false, err
	}
	if f.History != "" {
		p.stale = append(p.stale, historyKey(name, f.History))
	}
	v := &p.change.Version
	v.Number = h.Last + 1
	for _, e := range h.push(Entry{Version: v.Number, Digest: v.Digest, Message: v.Message, Created: v.Created, Record: id}) {
		p.stale = append(p.stale, recordKey(name, e.Record))
	}
	if err := c.write(ctx, recordKey(name, id), kindVersion, v); err != nil {
		return false, err
	}
	if err := c.write(ctx, historyKey(name, id), kindHistory, h); err != nil {
		return false, err
	}
	s.set(Function{
		Name:    name,
		Live:    []Share{{Version: v.Number, Percent: 100, Digest: v.Digest, Record: id}},
		Routes:  p.claims,
		History: id,
	})
	return false, nil
}

// check says what is wrong with what is pushed, and returns the routes it claims.
func (c *Catalog) check(m bundles.Manifest, d bundles.Digest, message string) ([]string, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	if _, err := bundles.ParseDigest(string(d)); err != nil {
		return nil, err
	}
	if len(message) > MessageBytesMax {
		size := &bundles.SizeError{What: "the message", Bytes: len(message), BytesMax: MessageBytesMax}
		return nil, fmt.Errorf("%w: %w", ErrTooLarge, size)
	}
	if !utf8.ValidString(message) {
		return nil, errors.New("the message is not UTF-8 text")
	}
	return c.claims(m)
}

func (c *Catalog) claims(m bundles.Manifest) ([]string, error) {
	claims, err := c.cfg.Claims(m)
	if err != nil {
		return nil, err
	}
	if len(m.Routes) > 0 && len(claims) != len(m.Routes) {
		return nil, fmt.Errorf("the manifest has %d routes, but Claims returned %d", len(m.Routes), len(claims))
	}
	return claims, nil
}

// same returns the live version of f if it is what is pushed.
func (c *Catalog) same(ctx context.Context, f Function, pushed bundles.Version, claims []string) (bundles.Version, bool, error) {
	if len(f.Live) != 1 || f.Live[0].Digest != pushed.Digest || !slices.Equal(f.Routes, claims) {
		return bundles.Version{}, false, nil
	}
	share := f.Live[0]
	live, err := c.record(ctx, f.Name, share.Version, share.Digest, share.Record)
	if err != nil {
		return bundles.Version{}, false, err
	}
	// As JSON, in which they are kept: there an absent list and an empty one are the same.
	a, err := json.Marshal(live.Manifest)
	if err != nil {
		return bundles.Version{}, false, err
	}
	b, err := json.Marshal(pushed.Manifest)
	return live, bytes.Equal(a, b), err
}

// removed is what remains of a function that was removed: the numbers it has used.
type removed struct {
	Last int `json:"last"` // the highest
}

// begin returns the history of a function that is not there: empty, but counting on from
// where it once ended.
func (c *Catalog) begin(ctx context.Context, function string) (*history, error) {
	past, _, err := c.removed(ctx, function)
	return &history{Function: function, Last: past.Last}, err
}

// removed returns what remains of function, and the version of the key that says so.
func (c *Catalog) removed(ctx context.Context, function string) (removed, kv.Version, error) {
	var past removed
	e, err := c.kv.Get(ctx, Namespace, removedKey(function))
	if errors.Is(err, kv.ErrNotFound) {
		return past, "", nil
	}
	if err != nil {
		return past, "", storeError(err)
	}
	if err := decode(e.Value, kindRemoved, &past); err != nil {
		return past, "", err
	}
	if past.Last < 0 {
		return past, "", fmt.Errorf("%w: function %q has used versions up to %d", ErrCorrupt, function, past.Last)
	}
	return past, e.Version, nil
}
