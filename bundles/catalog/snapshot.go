package catalog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/kv"
)

// Snapshot is what the catalog held at one revision: all that should be live.
type Snapshot struct {
	Catalog   string     `json:"catalog"`   // names this catalog for ever; empty: nothing was ever pushed
	Revision  int64      `json:"revision"`  // counts changes; 0: nothing was ever pushed
	Functions []Function `json:"functions"` // sorted by name

	// Mark is the version of the key that the snapshot was read from; see Catalog.Mark.
	Mark kv.Version `json:"-"`
}

// Function is one function in a Snapshot.
type Function struct {
	Name string `json:"name"`

	// Live are the versions that get events. Today there is always one.
	Live []Share `json:"live"`

	// Routes are the routes that the function takes, as Config.Claims returned them for
	// the manifest of the live version.
	Routes []string `json:"routes,omitempty"`

	History ID `json:"history"` // where the function's versions are listed
}

// Share is a version's part in the events of its function.
type Share struct {
	Version int            `json:"version"`
	Percent int            `json:"percent"` // 1 to 100; the shares of a function make 100 together
	Digest  bundles.Digest `json:"digest"`
	Record  ID             `json:"record"` // where the rest is known; see Catalog.Live
}

// Function returns the function called name, and false if there is none.
func (s *Snapshot) Function(name string) (Function, bool) {
	i, ok := s.find(name)
	if !ok {
		return Function{}, false
	}
	return s.Functions[i], true
}

func (s *Snapshot) find(name string) (int, bool) {
	return slices.BinarySearchFunc(s.Functions, name, func(f Function, name string) int {
		return strings.Compare(f.Name, name)
	})
}

// set makes f the function of its name.
func (s *Snapshot) set(f Function) {
	i, ok := s.find(f.Name)
	if !ok {
		s.Functions = slices.Insert(s.Functions, i, f)
	}
	s.Functions[i] = f
}

// remove takes the function called name out.
func (s *Snapshot) remove(name string) {
	if i, ok := s.find(name); ok {
		s.Functions = slices.Delete(s.Functions, i, i+1)
	}
}

// claim returns a *ConflictError if another function has one of the routes that name
// wants.
func (s *Snapshot) claim(name string, routes []string) error {
	for _, f := range s.Functions {
		if f.Name == name {
			continue
		}
		for _, route := range f.Routes {
			if slices.Contains(routes, route) {
				return &ConflictError{Function: name, Route: route, Owner: f.Name}
			}
		}
	}
	return nil
}

// validate says why s is not a snapshot that a Catalog writes.
func (s *Snapshot) validate() error {
	if s.Catalog == "" || s.Revision < 1 {
		return fmt.Errorf("catalog %q has revision %d", s.Catalog, s.Revision)
	}
	owners := make(map[string]string)
	for i, f := range s.Functions {
		if i > 0 && s.Functions[i-1].Name >= f.Name {
			return fmt.Errorf("function %q stands after %q", f.Name, s.Functions[i-1].Name)
		}
		if err := f.validate(); err != nil {
			return fmt.Errorf("function %q: %w", f.Name, err)
		}
		for _, route := range f.Routes {
			if owner, taken := owners[route]; taken && owner != f.Name {
				return &ConflictError{Function: f.Name, Route: route, Owner: owner}
			}
			owners[route] = f.Name
		}
	}
	return nil
}

func (f *Function) validate() error {
	if !f.History.valid() {
		return fmt.Errorf("history is %q", f.History)
	}
	percent := 0
	seen := make(map[int]bool)
	for _, share := range f.Live {
		if share.Version < 1 || seen[share.Version] {
			return fmt.Errorf("version %d cannot be live", share.Version)
		}
		if share.Percent < 1 || share.Percent > 100 {
			return fmt.Errorf("version %d has %d percent", share.Version, share.Percent)
		}
		if !share.Record.valid() {
			return fmt.Errorf("version %d has its record at %q", share.Version, share.Record)
		}
		if _, err := bundles.ParseDigest(string(share.Digest)); err != nil {
			return fmt.Errorf("version %d: %w", share.Version, err)
		}
		seen[share.Version] = true
		percent += share.Percent
	}
	if percent != 100 {
		return fmt.Errorf("shares make %d percent", percent)
	}
	return bundles.CheckName(f.Name)
}

// decodeSnapshot reads an encoded head. It returns ErrCorrupt or ErrNewer.
func decodeSnapshot(data []byte) (*Snapshot, error) {
	s := new(Snapshot)
	if err := decode(data, kindHead, s); err != nil {
		return nil, err
	}
	if err := s.validate(); err != nil {
		return nil, fmt.Errorf("%w: head: %w", ErrCorrupt, err)
	}
	return s, nil
}
