package admin

import (
	"errors"
	"net/http"
	"unicode/utf8"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/catalog"
	"github.com/skerry-edge/skerry/gateway/route"
	"github.com/skerry-edge/skerry/isolate"
)

// messageBytesMax bounds what the one who pushes says of a version.
const messageBytesMax = 1000

// push makes the body, an encoded bundle, the next version of a function. The query has
// message.
func (s *Server) push(w http.ResponseWriter, r *http.Request) error {
	message := r.URL.Query().Get("message")
	if len(message) > messageBytesMax {
		return invalidf("the message is %d bytes long, more than the %d allowed", len(message), messageBytesMax)
	}
	if !utf8.ValidString(message) {
		return invalidf("the message is not UTF-8 text")
	}
	data, err := readBody(w, r, "a bundle", bundles.EncodedBytesMax)
	if err != nil {
		return err
	}
	bundle, err := bundles.Decode(data)
	if err != nil {
		return invalidf("the body is no bundle: %v", err)
	}
	if name := r.PathValue("function"); bundle.Manifest.Name != name {
		return invalidf("the bundle is of function %q, not %q", bundle.Manifest.Name, name)
	}
	if err := bundle.Manifest.Validate(); err != nil {
		return err
	}
	if _, err := route.Claims(&bundle.Manifest, ""); err != nil {
		return invalidf("%v", err)
	}
	if err := s.cfg.Engine.Check(r.Context(), bundle); err != nil {
		return err
	}
	digest := bundles.DigestOf(data)
	if err := s.cfg.Bundles.Put(r.Context(), digest, data); err != nil {
		return err
	}
	change, err := s.cfg.Catalog.Push(r.Context(), bundle.Manifest, digest, message)
	if err != nil {
		return err
	}
	return s.changed(w, r, change)
}

// changed waits for the nodes and answers with what is live now.
func (s *Server) changed(w http.ResponseWriter, r *http.Request, c catalog.Change) error {
	nodes, err := s.rollout(r, c.Revision, c.Version.Function)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, Change{
		Function: c.Version.Function, Version: c.Version.Number, Digest: c.Version.Digest, Unchanged: c.Unchanged,
		URLs: s.cfg.URLs(&c.Version.Manifest), Revision: c.Revision, Nodes: nodes,
	})
}

// rollout waits for the nodes.
func (s *Server) rollout(r *http.Request, revision int64, function string) ([]Node, error) {
	nodes, err := s.cfg.Rollout(r.Context(), revision, function)
	if err != nil {
		return nil, &Problem{Status: http.StatusServiceUnavailable, Code: "not_switched",
			Detail: "the catalog has the change, but this node can't serve it yet and goes on trying: " + err.Error()}
	}
	return nodes, nil
}

func (s *Server) rollback(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Version int `json:"version"` // 0: the one that was live before
	}
	if err := readJSON(w, r, 1<<10, &body); err != nil {
		return err
	}
	if body.Version < 0 {
		return invalidf("version %d: versions count from 1", body.Version)
	}
	change, err := s.cfg.Catalog.Rollback(r.Context(), r.PathValue("function"), body.Version)
	if err != nil {
		return err
	}
	return s.changed(w, r, change)
}

func (s *Server) remove(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("function")
	revision, err := s.cfg.Catalog.Remove(r.Context(), name)
	if err != nil {
		return err
	}
	nodes, err := s.rollout(r, revision, name)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, Change{Function: name, Revision: revision, Nodes: nodes})
}

func (s *Server) functions(w http.ResponseWriter, r *http.Request) error {
	snapshot, err := s.cfg.Catalog.Snapshot(r.Context())
	if err != nil {
		return err
	}
	list := make([]Function, 0, len(snapshot.Functions))
	for _, f := range snapshot.Functions {
		v, err := s.cfg.Catalog.Live(r.Context(), f.Name, f.Live[0])
		if errors.Is(err, catalog.ErrNoVersion) {
			continue // removed since
		}
		if err != nil {
			return err
		}
		m := v.Manifest.WithDefaults()
		list = append(list, Function{Name: f.Name, Version: v.Number, Digest: v.Digest, Isolation: m.Isolation,
			Message: v.Message, Created: v.Created, URLs: s.cfg.URLs(&m)})
	}
	return reply(w, http.StatusOK, list)
}

func (s *Server) versions(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("function")
	entries, err := s.cfg.Catalog.Versions(r.Context(), name)
	if err != nil {
		return err
	}
	list := make([]Version, len(entries))
	for i, e := range entries {
		list[i] = Version{Function: name, Version: e.Version, Digest: e.Digest, Message: e.Message, Created: e.Created, Percent: e.Percent}
	}
	return reply(w, http.StatusOK, list)
}

// live returns the version of a function that gets its events.
func (s *Server) live(r *http.Request, name string) (*isolate.Target, error) {
	snapshot, err := s.cfg.Catalog.Snapshot(r.Context())
	if err != nil {
		return nil, err
	}
	for _, f := range snapshot.Functions {
		if f.Name == name {
			v, err := s.cfg.Catalog.Live(r.Context(), name, f.Live[0])
			v.Manifest = v.Manifest.WithDefaults()
			return &v, err
		}
	}
	return nil, catalog.ErrNoFunction
}
