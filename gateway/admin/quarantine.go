package admin

import (
	"context"
	"errors"
	"net/http"

	"github.com/skerry-edge/skerry/bundles/catalog"
)

// Quarantine remembers which versions of functions have cost a process of this node.
type Quarantine interface {
	// List returns them by function, the latest first; their Version is filled in here.
	List() []Quarantined
	// Lift forgets all versions of a function, and says whether there were any.
	Lift(function string) bool
}

func (s *Server) quarantined(w http.ResponseWriter, r *http.Request) error {
	list := []Quarantined{}
	if s.cfg.Quarantine != nil {
		list = append(list, s.cfg.Quarantine.List()...)
	}
	s.number(r.Context(), list)
	return reply(w, http.StatusOK, list)
}

// number fills in the versions' numbers. Without the catalog there are none: who looks
// what is wrong with a node gets the rest.
func (s *Server) number(ctx context.Context, list []Quarantined) {
	var known []catalog.Entry
	for i := range list {
		q := &list[i]
		if i == 0 || q.Function != list[i-1].Function {
			var err error
			known, err = s.cfg.Catalog.Versions(ctx, q.Function)
			if err != nil && !errors.Is(err, catalog.ErrNoFunction) {
				return
			}
		}
		for _, v := range known {
			if v.Digest.Short() == q.Digest {
				q.Version = v.Version // the latest of those with the same bundle
			}
		}
	}
}

func (s *Server) lift(w http.ResponseWriter, r *http.Request) error {
	function := r.PathValue("function")
	if s.cfg.Quarantine == nil || !s.cfg.Quarantine.Lift(function) {
		return &Problem{Status: http.StatusNotFound, Code: "not_quarantined",
			Detail: "no version of the function " + function + " is quarantined on this node; skerry quarantine, or GET /v1/quarantine, lists those that are"}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
