package catalog

import (
	"context"
	"errors"
	"fmt"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/kv"
)

// Namespace is where a Catalog keeps its documents. No function and no user of the control
// API may reach it.
const Namespace = "skerry:catalog"

// Config says how a Catalog judges what is pushed. Its zero value is useful.
type Config struct {
	// Claims returns the routes that a function with this manifest takes, each in the one
	// form that all patterns of the same meaning share: two functions conflict if a claim
	// of one equals a claim of the other. For a manifest with routes it returns one claim
	// for each, in their order; for one without, those of the place where such a function
	// answers. An error refuses the manifest. nil: the routes as they are written.
	//
	// Nodes on one store should agree in it.
	Claims func(bundles.Manifest) ([]string, error)
}

func (c Config) withDefaults() Config {
	if c.Claims == nil {
		c.Claims = func(m bundles.Manifest) ([]string, error) { return m.Routes, nil }
	}
	return c
}

// Catalog reads and changes what should be live. It is safe for concurrent use, as are any
// number of Catalogs on one store.
type Catalog struct {
	kv   kv.Store
	swap kv.Swapper
	cfg  Config

	// turn holds a token while a change is made: changes of one process take turns, so
	// that only those of other processes are raced with.
	turn chan struct{}
}

// New returns the catalog in s, which must be a [kv.Swapper] too. The caller keeps s open
// for as long as the Catalog is used.
func New(s kv.Store, cfg Config) (*Catalog, error) {
	swap, ok := s.(kv.Swapper)
	if !ok {
		return nil, fmt.Errorf("catalog: %T cannot compare and swap", s)
	}
	return &Catalog{kv: s, swap: swap, cfg: cfg.withDefaults(), turn: make(chan struct{}, 1)}, nil
}

// Mark names the catalog's present state: it is equal to an earlier one, or to the Mark of
// a Snapshot, exactly if nothing was changed since. It is empty if nothing was ever pushed.
// It costs one small read, however large the catalog is.
func (c *Catalog) Mark(ctx context.Context) (kv.Version, error) {
	page, err := c.kv.List(ctx, Namespace, kv.Query{Prefix: headKey, Limit: 1})
	if err != nil {
		return "", fmt.Errorf("read catalog: %w", storeError(err))
	}
	if len(page.Keys) == 0 {
		return "", nil
	}
	return page.Keys[0].Version, nil
}

// Snapshot returns what should be live now. The result is the caller's. If nothing was ever
// pushed it is empty, with revision 0.
func (c *Catalog) Snapshot(ctx context.Context) (*Snapshot, error) {
	s, err := c.snapshot(ctx)
	if err != nil {
		return nil, fmt.Errorf("read catalog: %w", err)
	}
	return s, nil
}

func (c *Catalog) snapshot(ctx context.Context) (*Snapshot, error) {
	e, err := c.kv.Get(ctx, Namespace, headKey)
	if errors.Is(err, kv.ErrNotFound) {
		return new(Snapshot), nil
	}
	if err != nil {
		return nil, storeError(err)
	}
	s, err := decodeSnapshot(e.Value)
	if err != nil {
		return nil, err
	}
	s.Mark = e.Version
	return s, nil
}

// Live returns the version that a share of function's events goes to. It returns
// ErrNoVersion if the version was removed since the snapshot that share is from.
func (c *Catalog) Live(ctx context.Context, function string, share Share) (bundles.Version, error) {
	v, err := c.record(ctx, function, share.Version, share.Digest, share.Record)
	if errors.Is(err, errGone) {
		err = ErrNoVersion
	}
	if err != nil {
		return bundles.Version{}, fmt.Errorf("read version %d of function %q: %w", share.Version, function, err)
	}
	return v, nil
}

// Versions returns the versions of function that are kept, in the order of their numbers,
// or ErrNoFunction.
func (c *Catalog) Versions(ctx context.Context, function string) ([]Entry, error) {
	var entries []Entry
	err := c.look(ctx, func(s *Snapshot) error {
		f, h, err := c.function(ctx, s, function)
		if err != nil {
			return err
		}
		for i := range h.Versions {
			for _, share := range f.Live {
				if share.Version == h.Versions[i].Version {
					h.Versions[i].Percent = share.Percent
				}
			}
		}
		entries = h.Versions
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list versions of function %q: %w", function, err)
	}
	return entries, nil
}

// Version returns one version of function, or ErrNoFunction or ErrNoVersion.
func (c *Catalog) Version(ctx context.Context, function string, number int) (bundles.Version, error) {
	var v bundles.Version
	err := c.look(ctx, func(s *Snapshot) error {
		_, h, err := c.function(ctx, s, function)
		if err != nil {
			return err
		}
		v, err = c.kept(ctx, h, number)
		return err
	})
	if err != nil {
		return bundles.Version{}, fmt.Errorf("read version %d of function %q: %w", number, function, err)
	}
	return v, nil
}

// kept reads one of the versions in h. It returns ErrNoVersion, or errGone.
func (c *Catalog) kept(ctx context.Context, h *history, number int) (bundles.Version, error) {
	e, ok := h.entry(number)
	if !ok {
		return bundles.Version{}, fmt.Errorf("%w: %d", ErrNoVersion, number)
	}
	return c.record(ctx, h.Function, e.Version, e.Digest, e.Record)
}

// errGone says that a document that a snapshot leads to is not there: another change has
// removed it, or it is lost.
var errGone = errors.New("a part of the catalog is missing")

// look calls f with the present snapshot, and again with a newer one if f returns errGone
// because others have changed the catalog meanwhile.
func (c *Catalog) look(ctx context.Context, f func(*Snapshot) error) error {
	for previous := (*Snapshot)(nil); ; {
		s, err := c.snapshot(ctx)
		if err != nil {
			return err
		}
		if err = f(s); !errors.Is(err, errGone) {
			return err
		}
		if previous != nil && previous.Mark == s.Mark {
			return fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
		previous = s
	}
}

// function returns the function called name and its history. It returns ErrNoFunction, or
// errGone.
func (c *Catalog) function(ctx context.Context, s *Snapshot, name string) (Function, *history, error) {
	f, ok := s.Function(name)
	if !ok {
		return Function{}, nil, ErrNoFunction
	}
	h := new(history)
	if err := c.read(ctx, historyKey(name, f.History), kindHistory, h); err != nil {
		return Function{}, nil, err
	}
	if err := h.validate(name); err != nil {
		return Function{}, nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return f, h, nil
}

// record reads the version at id, and checks that it is the one expected there.
func (c *Catalog) record(ctx context.Context, function string, number int, d bundles.Digest, id ID) (bundles.Version, error) {
	var v bundles.Version
	if err := c.read(ctx, recordKey(function, id), kindVersion, &v); err != nil {
		return bundles.Version{}, err
	}
	if v.Function != function || v.Number != number || v.Digest != d {
		return bundles.Version{}, fmt.Errorf("%w: version %d of %q, %s, stands where version %d of %q, %s, should be",
			ErrCorrupt, v.Number, v.Function, v.Digest, number, function, d)
	}
	return v, nil
}

// read decodes the document under key into body, or returns errGone if there is none.
func (c *Catalog) read(ctx context.Context, key, kind string, body any) error {
	e, err := c.kv.Get(ctx, Namespace, key)
	if errors.Is(err, kv.ErrNotFound) {
		return fmt.Errorf("%w: %s", errGone, key)
	}
	if err != nil {
		return storeError(err)
	}
	return decode(e.Value, kind, body)
}

// write encodes body and puts it under key.
func (c *Catalog) write(ctx context.Context, key, kind string, body any) error {
	data, err := encode(kind, body)
	if err != nil {
		return err
	}
	_, err = c.kv.Put(ctx, Namespace, key, kv.Entry{Value: data})
	return storeError(err)
}

// storeError says what a store's error means for a catalog.
func storeError(err error) error {
	if errors.Is(err, kv.ErrCorrupt) {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return err
}
