package route

import (
	"sync/atomic"

	"github.com/skerry-edge/skerry/bundles"
)

// Router holds the table in force. Its zero value holds an empty one. All methods are safe
// for concurrent use.
type Router struct {
	table atomic.Pointer[Table]
}

// Set puts t in force for every match that begins afterwards, and returns the table that
// was in force, nil at first.
func (r *Router) Set(t *Table) *Table { return r.table.Swap(t) }

// Table returns the table in force, never nil.
func (r *Router) Table() *Table {
	if t := r.table.Load(); t != nil {
		return t
	}
	return new(Table)
}

// Match is [Table.Match] of the table in force.
func (r *Router) Match(host, path string) *bundles.Version {
	if t := r.table.Load(); t != nil {
		return t.Match(host, path)
	}
	return nil
}
