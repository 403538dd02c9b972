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
	change, err := c.push(ctx, m, d, message)
	if err != nil {
		return Change{}, fmt.Errorf("push function %q: %w", m.Name, err)
	}
	return change, nil
}

func (c *Catalog) push(ctx context.Context, m bundles.Manifest, d bundles.Digest, message string) (Change, error) {
	claims, err := c.check(m, d, message)
	if err != nil {
		return Change{}, err
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	id := newID(now)
	pushed := bundles.Version{Function: m.Name, Digest: d, Manifest: m, Message: message, Created: now}
	change := Change{}
	var stale []string
	s, err := c.change(ctx, func(ctx context.Context, s *Snapshot) (bool, error) {
		change, stale = Change{Version: pushed}, nil
		f, h, err := c.function(ctx, s, m.Name)
		if errors.Is(err, ErrNoFunction) {
			h, err = c.begin(ctx, m.Name)
		}
		if err != nil {
			return false, err
		}
		if e, ok := h.written(id); ok { // by an earlier attempt, whatever the store said
			change.Version.Number = e.Version
			return true, nil
		}
		if live, ok, err := c.same(ctx, f, pushed, claims); ok || err != nil {
			change = Change{Version: live, Unchanged: true}
			return ok, err
		}
		if err := s.claim(m.Name, claims); err != nil {
			return false, err
		}
		if f.History != "" {
			stale = append(stale, historyKey(m.Name, f.History))
		}
		change.Version.Number = h.Last + 1
		for _, e := range h.push(Entry{Version: h.Last + 1, Digest: d, Message: message, Created: now, Record: id}) {
			stale = append(stale, recordKey(m.Name, e.Record))
		}
		if err := c.write(ctx, recordKey(m.Name, id), kindVersion, change.Version); err != nil {
			return false, err
		}
		if err := c.write(ctx, historyKey(m.Name, id), kindHistory, h); err != nil {
			return false, err
		}
		s.set(Function{
			Name:    m.Name,
			Live:    []Share{{Version: change.Version.Number, Percent: 100, Digest: d, Record: id}},
			Routes:  claims,
			History: id,
		})
		return false, nil
	})
	if err != nil {
		return Change{}, err
	}
	c.discard(ctx, stale...)
	change.Revision = s.Revision
	return change, nil
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
