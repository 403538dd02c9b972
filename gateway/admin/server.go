package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// access says who may call a path.
type access int

const (
	open    access = iota // anyone who reaches the admin address
	private               // whoever has the token
)

// route is one line of the API.
type route struct {
	pattern string // of http.ServeMux
	access  access
	handle  func(*Server, http.ResponseWriter, *http.Request) error
}

// routes is the whole API.
func routes() []route {
	return []route{
		{"GET /healthz", open, (*Server).health},
		{"GET /readyz", open, (*Server).ready},
		{"GET /metrics", private, (*Server).metrics},
		{"GET /v1/openapi.json", open, (*Server).openAPI},
		{"GET /v1/status", private, (*Server).status},
		{"GET /v1/functions", private, (*Server).functions},
		{"POST /v1/functions/{function}/versions", private, (*Server).push},
		{"GET /v1/functions/{function}/versions", private, (*Server).versions},
		{"POST /v1/functions/{function}/rollback", private, (*Server).rollback},
		{"DELETE /v1/functions/{function}", private, (*Server).remove},
		{"POST /v1/functions/{function}/invoke", private, (*Server).invoke},
		{"GET /v1/tail", private, (*Server).tail},
		{"GET /v1/kv/keys", private, (*Server).kvList},
		{"GET /v1/kv/entry", private, (*Server).kvGet},
		{"PUT /v1/kv/entry", private, (*Server).kvPut},
		{"DELETE /v1/kv/entry", private, (*Server).kvDelete},
	}
}

// New returns a Server.
func New(cfg Config) (*Server, error) {
	if cfg.Token == "" {
		return nil, errors.New("admin: Config.Token is empty")
	}
	s := &Server{cfg: cfg, bearer: newBearer(cfg.Token), mux: http.NewServeMux()}
	for _, r := range routes() {
		s.mux.Handle(r.pattern, s.guard(r))
	}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, &Problem{Status: http.StatusNotFound, Code: "not_found", Detail: "there is no " + r.Method + " " + r.URL.Path + " here; see /v1/openapi.json"})
	})
	return s, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if v := recover(); v != nil && v != http.ErrAbortHandler {
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

// guard lets through who may call r.
func (s *Server) guard(r route) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fail(w, &Problem{Status: http.StatusForbidden, Code: "forbidden", Detail: "the control API answers no web page of another origin"})
	}))
	return crossOrigin.Handler(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if r.access == private && !s.bearer.allows(req) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			fail(w, &Problem{Status: http.StatusUnauthorized, Code: "unauthorized",
				Detail: "the admin token is missing or wrong; it is in the file " + TokenFile + " of the node's data directory: pass --token, SKERRY_TOKEN or --data"})
			return
		}
		if err := r.handle(s, w, req); err != nil {
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
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && addr.IsValid() || host == "localhost" || strings.HasSuffix(host, ".localhost")
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

func fail(w http.ResponseWriter, p *Problem) {
	p.Type, p.Title = "about:blank", http.StatusText(p.Status)
	body, err := json.Marshal(p)
	if err != nil {
		body = []byte(`{"status":500,"code":"internal"}`)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n'))
}

// problemOf is the one table from errors to the API's answers.
func problemOf(err error) *Problem {
	var (
		problem  *Problem
		conflict *catalog.ConflictError
		failure  *isolate.Failure
		invalid  *kv.InvalidError
		tooLarge *http.MaxBytesError
	)
	switch {
	case errors.As(err, &problem):
		return problem
	case errors.As(err, &conflict):
		return &Problem{Status: http.StatusConflict, Code: "conflict", Detail: err.Error()}
	case errors.Is(err, catalog.ErrBusy):
		return &Problem{Status: http.StatusConflict, Code: "conflict", Detail: err.Error()}
	case errors.Is(err, catalog.ErrNoFunction), errors.Is(err, catalog.ErrNoVersion), errors.Is(err, kv.ErrNotFound):
		return &Problem{Status: http.StatusNotFound, Code: "not_found", Detail: err.Error()}
	case errors.As(err, &failure):
		p := &Problem{Status: http.StatusUnprocessableEntity, Code: string(failure.Outcome), Detail: failure.Message, Stack: failure.Stack}
		if failure.Source != nil {
			p.File, p.Line, p.Column, p.Text = failure.Source.File, failure.Source.Line, failure.Source.Column, failure.Source.Text
		}
		return p
	case errors.As(err, &tooLarge), errors.Is(err, store.ErrTooLarge), errors.Is(err, catalog.ErrTooLarge):
		return &Problem{Status: http.StatusRequestEntityTooLarge, Code: "body_too_large", Detail: err.Error()}
	case errors.Is(err, store.ErrFull), errors.Is(err, kv.ErrFull):
		return &Problem{Status: http.StatusInsufficientStorage, Code: "store_full", Detail: "the node has no space left; nothing was changed: " + err.Error()}
	case errors.Is(err, kv.ErrUnavailable):
		return &Problem{Status: http.StatusServiceUnavailable, Code: "store_unavailable", Detail: "the store is out of reach: " + err.Error()}
	case errors.As(err, &invalid):
		return &Problem{Status: http.StatusUnprocessableEntity, Code: "invalid", Detail: err.Error()}
	default:
		return &Problem{Status: http.StatusInternalServerError, Code: "internal", Detail: err.Error()}
	}
}

func invalidf(format string, args ...any) *Problem {
	return &Problem{Status: http.StatusUnprocessableEntity, Code: "invalid", Detail: fmt.Sprintf(format, args...)}
}

// decode reads a small JSON document from the request.
func decode(w http.ResponseWriter, r *http.Request, bytesMax int64, into any) error {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, bytesMax))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return err
		}
		return invalidf("the body is no JSON document of the right form: %v", err)
	}
	if d.More() {
		return invalidf("there is more than one JSON document in the body")
	}
	return nil
}
