package gateway

import (
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/gateway/admit"
	"github.com/skerry-edge/skerry/gateway/observe"
	"github.com/skerry-edge/skerry/gateway/route"
	"github.com/skerry-edge/skerry/isolate"
)

// routes are what requests are matched against: one value for one state of the catalog.
type routes struct {
	table   *route.Table
	targets map[*bundles.Version]*target
	set     bool // by SetRoutes
}

// target is a version of a function that requests lead to.
type target struct {
	version  *bundles.Version // of the table; its manifest has its defaults written out
	function *function
	bodyMax  int // bytes
	delay    func(*isolate.Target) time.Duration
}

// Delay is admit.Line's: how long an event of the version would wait for CPU time.
func (t *target) Delay() time.Duration {
	if t.delay == nil {
		return 0
	}
	return t.delay(t.version)
}

// function is what outlives the versions of a function.
type function struct {
	door     *admit.Function
	observed *observe.Function
}

// SetRoutes puts the live versions, one of each function, in place of those before, for all
// requests that begin afterwards. A wrong or doubled route is an error, and changes nothing.
func (s *Server) SetRoutes(versions []bundles.Version) error {
	complete := make([]bundles.Version, len(versions))
	for i, v := range versions {
		v.Manifest = v.Manifest.WithDefaults()
		complete[i] = v
	}
	table, err := route.New(complete, s.cfg.Domain)
	if err != nil {
		return err
	}
	next := &routes{table: table, targets: make(map[*bundles.Version]*target), set: true}

	s.mu.Lock()
	defer s.mu.Unlock()
	live := make(map[string]*function, len(versions))
	for _, v := range table.Versions() {
		f := s.mu.functions[v.Function]
		if f == nil {
			f = &function{
				door:     s.node.Function(v.Manifest.Concurrency),
				observed: s.cfg.Observer.Function(v.Function),
			}
		}
		f.door.SetLimit(v.Manifest.Concurrency)
		live[v.Function] = f
		next.targets[v] = &target{version: v, function: f, bodyMax: v.Manifest.Limits.BodyMB << 20, delay: s.cfg.Delay}
	}
	for name := range s.mu.functions {
		if live[name] == nil {
			s.cfg.Observer.Remove(name)
		}
	}
	s.mu.functions = live
	s.routes.Store(next)
	return nil
}

// Routes returns the routing table in force.
func (s *Server) Routes() *route.Table { return s.routes.Load().table }

// match returns the target for a request, nil if there is none. It takes no lock.
func (s *Server) match(host, path string) *target {
	r := s.routes.Load()
	return r.targets[r.table.Match(host, path)]
}
