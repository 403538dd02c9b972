package replicate

import (
	"slices"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/catalog"
)

// Serving is what a node serves: the live versions of all functions, prepared. It is
// immutable and shared by all who were given it.
type Serving struct {
	Catalog   string     `json:"catalog"`   // the name of the catalog that this is from
	Revision  int64      `json:"revision"`  // the catalog's, held functions aside
	Functions []Function `json:"functions"` // sorted by name
}

// Function is one function in a Serving.
type Function struct {
	Name string `json:"name"`
	Live []Live `json:"live"` // never empty

	// Routes are the routes that the catalog lists for these versions. Lost are those of
	// them that it has given to another function since; only a held function has any.
	Routes []string `json:"routes,omitempty"`
	Lost   []string `json:"lost,omitempty"`
}

// Live is a version that gets events of its function.
type Live struct {
	bundles.Version
	Percent int        `json:"percent"` // of its function's events; today always 100
	Record  catalog.ID `json:"record"`  // where the catalog keeps the version
}

// Versions returns what to route requests to: of each function the version that gets most
// of its events, sorted by the functions' names. The manifests lack the routes that their
// functions have lost, and a function that has lost all of them is left out.
func (s *Serving) Versions() []bundles.Version {
	versions := make([]bundles.Version, 0, len(s.Functions))
	for _, f := range s.Functions {
		most := f.Live[0]
		for _, l := range f.Live[1:] {
			if l.Percent > most.Percent {
				most = l
			}
		}
		if f.keepRoutes(&most.Manifest) {
			versions = append(versions, most.Version)
		}
	}
	return versions
}

// keepRoutes takes the routes that f has lost out of m, and reports whether any is left.
func (f *Function) keepRoutes(m *bundles.Manifest) bool {
	if len(f.Lost) == 0 {
		return true
	}
	// Claims stand in the order of the manifest's routes. A manifest without routes claims
	// the place where such a function answers: that is lost, then.
	if len(m.Routes) != len(f.Routes) {
		return false
	}
	var kept []string
	for i, route := range m.Routes {
		if !slices.Contains(f.Lost, f.Routes[i]) {
			kept = append(kept, route)
		}
	}
	m.Routes = kept
	return len(kept) > 0 // without any it would answer where it never did
}

// wanted returns what a catalog that brought s about says.
func (s *Serving) wanted() *catalog.Snapshot {
	w := &catalog.Snapshot{Catalog: s.Catalog, Revision: s.Revision}
	for _, f := range s.Functions {
		want := catalog.Function{Name: f.Name, Routes: f.Routes}
		for _, l := range f.Live {
			want.Live = append(want.Live, catalog.Share{Version: l.Number, Percent: l.Percent, Digest: l.Digest, Record: l.Record})
		}
		w.Functions = append(w.Functions, want)
	}
	return w
}

// is reports whether f is what the catalog wants.
func (f *Function) is(want *catalog.Function) bool {
	return slices.Equal(f.Routes, want.Routes) && slices.EqualFunc(f.Live, want.Live, func(l Live, s catalog.Share) bool {
		return l.Record == s.Record && l.Percent == s.Percent && l.Number == s.Version && l.Digest == s.Digest
	})
}

// live returns the version of f whose record is at id; f may be nil.
func (f *Function) live(id catalog.ID) (Live, bool) {
	if f == nil {
		return Live{}, false
	}
	for _, l := range f.Live {
		if l.Record == id {
			return l, true
		}
	}
	return Live{}, false
}
