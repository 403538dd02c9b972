package replicate

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/skerry-edge/skerry/bundles/catalog"
)

// patience is how long functions that are ready wait for those that are not, so that what
// was changed together is mostly switched together.
const patience = time.Second

// againAfter is when a failed Switch, or a file that could not be written, is tried again.
const againAfter = time.Second

// switchDue reports whether it is time to switch to what is ready.
func (l *loop) switchDue(now time.Time) bool {
	if l.switchNext.After(now) {
		return false
	}
	if !l.busy() {
		return true
	}
	if l.serving == nil {
		return false // the first switch replaces nothing: what is not ready would be missing
	}
	return !l.dirtySince.Add(patience).After(now) || slices.ContainsFunc(l.waiting, l.satisfied)
}

// publish switches the node to all that is prepared.
func (l *loop) publish(now time.Time) {
	s := l.gather()
	// The file comes first: after a crash the node must not fall behind what it has
	// served. If it cannot be written, the node still follows the catalog, and says that
	// it would not find its way back without it. A Serving made of the file says no more
	// than the file does, and less if a bundle has been lost: the file stays as it is.
	if l.looker.real {
		l.keep(s, now)
	}
	if err := l.cfg.Switch(l.life, s); err != nil {
		l.switchErr = fmt.Errorf("switch to revision %d: %w", s.Revision, err)
		l.switchNext = time.Now().Add(againAfter)
	} else {
		l.serving, l.dirty, l.switchErr, l.neverServed = s, false, nil, false
	}
	l.tried = true
}

// keep writes s to the file.
func (l *loop) keep(s *Serving, now time.Time) {
	if l.stateErr = l.state.save(s); l.stateErr != nil {
		l.stateNext = now.Add(againAfter)
	}
}

// gather returns what is to be served.
func (l *loop) gather() *Serving {
	seen := l.looker.seen
	s := &Serving{Catalog: seen.Catalog, Revision: seen.Revision}
	owners := ownersOf(seen)
	for _, name := range slices.Sorted(maps.Keys(l.functions)) {
		f := l.functions[name]
		if f.have == nil {
			continue
		}
		served := *f.have
		if l.looker.real {
			served.Lost = lost(f, owners)
		}
		s.Functions = append(s.Functions, served)
	}
	return s
}

// ownersOf returns which function each route belongs to.
func ownersOf(s *catalog.Snapshot) map[string]string {
	owners := make(map[string]string)
	for _, f := range s.Functions {
		for _, route := range f.Routes {
			owners[route] = f.Name
		}
	}
	return owners
}

// lost returns the routes of f that belong to others now.
func lost(f *function, owners map[string]string) []string {
	if f.inStep() {
		return nil
	}
	var lost []string
	for _, route := range f.have.Routes {
		if owner, owned := owners[route]; owned && owner != f.want.Name {
			lost = append(lost, route)
		}
	}
	return lost
}
