package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/catalog"
	"github.com/skerry-edge/skerry/bundles/store"
	"github.com/skerry-edge/skerry/gateway/observe"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/kv"
)

// Config is what a Server needs. All of it is safe for concurrent use.
type Config struct {
	Token   string // what callers must know; never empty
	Catalog *catalog.Catalog
	Bundles store.Store
	Engine  Engine
	KV      kv.Store // the functions' own, which has nothing of Skerry's in it
	Tail    Tail
	Metrics http.Handler

	// Rollout waits until the nodes serve revision of the catalog, or ctx ends, and says
	// which do. It fails if this node can't.
	Rollout func(ctx context.Context, revision int64, function string) ([]Node, error)
	// URLs says where a function answers.
	URLs func(m *bundles.Manifest) []string
	// Status describes the node.
	Status func() Status
	// Quarantine is what has cost processes; nil: nothing ever has.
	Quarantine Quarantine
	// Panicked is told what a fault of this package's own printed; nil: nobody.
	Panicked func(value any, stack []byte)
}

// Engine is what the API needs of the isolates.
type Engine interface {
	Check(ctx context.Context, b *bundles.Bundle) error
	Dispatch(ctx context.Context, t *isolate.Target, ev *isolate.Event) (*isolate.Response, error)
}

// Tail lets callers see what functions log.
type Tail interface {
	Subscribe(function string) *observe.Subscription
}

// Server answers the control API. It is an http.Handler.
type Server struct {
	cfg    Config
	bearer bearer
	mux    *http.ServeMux
}

// access says who may call a path. Its zero value is none of them: an endpoint that forgets
// to say is a fault.
type access int

const (
	open    access = iota + 1 // anyone who reaches the admin address
	private                   // whoever has the token
)

// endpoint is one line of the API.
type endpoint struct {
	method string // GET stands for HEAD too
	path   string // a pattern of http.ServeMux
	access access
	handle handler
}

// handler answers a request, or returns an error that nothing was written for yet.
type handler func(*Server, http.ResponseWriter, *http.Request) error

// endpoints is the whole API.
func endpoints() []endpoint {
	return []endpoint{
		{"GET", "/healthz", open, (*Server).health},
		{"GET", "/readyz", open, (*Server).ready},
		{"GET", "/metrics", private, (*Server).metrics},
		{"GET", "/v1/openapi.json", open, (*Server).openAPI},
		{"GET", "/v1/status", private, (*Server).status},
		{"GET", "/v1/functions", private, (*Server).functions},
		{"POST", "/v1/functions/{function}/versions", private, (*Server).push},
		{"GET", "/v1/functions/{function}/versions", private, (*Server).versions},
		{"POST", "/v1/functions/{function}/rollback", private, (*Server).rollback},
		{"DELETE", "/v1/functions/{function}", private, (*Server).remove},
		{"POST", "/v1/functions/{function}/invoke", private, (*Server).invoke},
		{"GET", "/v1/quarantine", private, (*Server).quarantined},
		{"DELETE", "/v1/quarantine/{function}", private, (*Server).lift},
		{"GET", "/v1/tail", private, (*Server).tail},
		{"GET", "/v1/kv/keys", private, (*Server).kvList},
		{"GET", "/v1/kv/entry", private, (*Server).kvGet},
		{"PUT", "/v1/kv/entry", private, (*Server).kvPut},
		{"DELETE", "/v1/kv/entry", private, (*Server).kvDelete},
	}
}

// New returns a Server.
func New(cfg Config) (*Server, error) {
	if cfg.Token == "" {
		return nil, errors.New("admin: Config.Token is empty")
	}
	s := &Server{cfg: cfg, bearer: newBearer(cfg.Token), mux: http.NewServeMux()}
	paths := make(map[string][]endpoint)
	for _, r := range endpoints() {
		if r.access == 0 {
			return nil, fmt.Errorf("admin: %s %s does not say who may call it", r.method, r.path)
		}
		s.mux.Handle(r.method+" "+r.path, s.guard(r.access, r.handle))
		paths[r.path] = append(paths[r.path], r)
	}
	for path, known := range paths {
		s.mux.Handle(path, s.guard(strictest(known), otherMethod(known)))
	}
	// What there is under /v1/ is for those with the token to know.
	s.mux.Handle("/v1/", s.guard(private, (*Server).notFound))
	s.mux.Handle("/", s.guard(open, (*Server).notFound))
	return s, nil
}

func strictest(known []endpoint) access {
	strict := open
	for _, r := range known {
		strict = max(strict, r.access)
	}
	return strict
}

// otherMethod answers for methods that a path doesn't have.
func otherMethod(known []endpoint) handler {
	var methods []string
	for _, r := range known {
		methods = append(methods, r.method)
		if r.method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
	}
	allowed := strings.Join(methods, ", ")
	return func(_ *Server, w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Allow", allowed)
		return &Problem{Status: http.StatusMethodNotAllowed, Code: "method_not_allowed",
			Detail: r.URL.Path + " has no method " + r.Method + "; it has " + allowed}
	}
}

func (s *Server) notFound(_ http.ResponseWriter, r *http.Request) error {
	return &Problem{Status: http.StatusNotFound, Code: "not_found", Detail: "there is no " + r.URL.Path + " here; see /v1/openapi.json"}
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		v := recover()
		if v == http.ErrAbortHandler {
			panic(v) // net/http's own way to cut a connection
		}
		if v != nil {
			if s.cfg.Panicked != nil {
				s.cfg.Panicked(v, debug.Stack())
			}
			fail(w, &Problem{Status: http.StatusInternalServerError, Code: "internal", Detail: "a fault of Skerry's own; the node's log has more"})
		}
	}()
	if !localHost(r.Host) && r.TLS == nil && loopback(r) {
		fail(w, &Problem{Status: http.StatusMisdirectedRequest, Code: "forbidden",
			Detail: "the host " + r.Host + " is none of this address's names; use 127.0.0.1 or localhost"})
		return
	}
	s.mux.ServeHTTP(w, r)
}

// guard lets through to handle who has access.
func (s *Server) guard(who access, handle handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fail(w, &Problem{Status: http.StatusForbidden, Code: "forbidden", Detail: "the control API answers no web page of another origin"})
	}))
	return crossOrigin.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if who != open && !s.bearer.allows(r) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			fail(w, &Problem{Status: http.StatusUnauthorized, Code: "unauthorized",
				Detail: "the admin token is missing or wrong; it is in the file " + TokenFile + " of the node's data directory: pass --token, SKERRY_TOKEN or --data"})
			return
		}
		if err := handle(s, w, r); err != nil {
			fail(w, problemOf(err))
		}
	}))
}

// localHost says whether a Host header names this machine: a page whose name was made to
// resolve to it (DNS rebinding) does not.
func localHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return true
	}
	host = strings.ToLower(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// loopback says whether r came in on a loopback address.
func loopback(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	addr, err := netip.ParseAddrPort(local.String())
	return err == nil && addr.Addr().IsLoopback()
}

func (s *Server) health(w http.ResponseWriter, _ *http.Request) error {
	return reply(w, http.StatusOK, map[string]string{"status": "ok"})
}

func (s *Server) ready(w http.ResponseWriter, _ *http.Request) error {
	status := s.cfg.Status()
	code, text := http.StatusOK, "ready"
	if !status.Ready {
		code, text = http.StatusServiceUnavailable, "not ready"
	}
	return reply(w, code, map[string]any{"status": text, "degraded": len(status.Degraded) > 0})
}

func (s *Server) status(w http.ResponseWriter, _ *http.Request) error {
	return reply(w, http.StatusOK, s.cfg.Status())
}

func (s *Server) metrics(w http.ResponseWriter, r *http.Request) error {
	s.cfg.Metrics.ServeHTTP(w, r)
	return nil
}

func reply(w http.ResponseWriter, code int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(append(body, '\n')) // the caller may have left: nobody is there to tell
	return nil
}
