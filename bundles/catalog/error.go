package catalog

import (
	"errors"
	"fmt"
)

// Conditions that a caller may act on, wrapped with what was being tried. A Catalog also
// passes on what its kv.Store returns, kv.ErrUnavailable and kv.ErrFull among them.
var (
	// ErrNoFunction says that there is no function of this name.
	ErrNoFunction = errors.New("no such function")
	// ErrNoVersion says that the function has no such version, or not any more.
	ErrNoVersion = errors.New("no such version")
	// ErrBusy says that others changed the catalog again and again meanwhile; nothing was
	// changed. Trying later helps.
	ErrBusy = errors.New("the catalog is busy with other changes")
	// ErrTooLarge says that something is past a limit of the catalog; nothing was changed.
	// The error is a *bundles.SizeError too.
	ErrTooLarge = errors.New("the catalog has no room for it")
	// ErrCorrupt says that what the store holds is not a catalog that Skerry wrote.
	ErrCorrupt = errors.New("catalog is corrupt")
	// ErrNewer says that a newer Skerry wrote the catalog: this node must be upgraded.
	ErrNewer = errors.New("catalog was written by a newer Skerry")
)

// ConflictError says that a route that a function wants is another's. Nothing was changed.
type ConflictError struct {
	Function string // the one that wants the route
	Route    string
	Owner    string // the function that has it
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("route %s of function %q is taken by function %q: remove that function, or push it without the route", e.Route, e.Function, e.Owner)
}
