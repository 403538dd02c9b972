// Package script makes the requests of a load with a function in an isolate, so that each
// can differ from the others.
//
// A script is a module whose default export is a function. It is called with the number of
// the request, from 0 on, and returns what to send: a URL, or an object with url, method,
// headers and body, all optional. URLs are relative to the target of the load. A body that
// is no string and no bytes is sent as JSON.
//
//	export default (n) => ({ method: "POST", url: `/orders/${n}`, body: { quantity: n % 7 } });
//
// A [Source] runs the function ahead of the load, on a goroutine of its own, so that what
// the script takes is no latency of the server's.
package script

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/skerry-edge/skerry/bench/load"
	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

const (
	// ahead is how many requests are made before they are needed.
	ahead = 1024
	// What the script's top level and each call of its function may use.
	cpuMax      = 5 * time.Second
	memoryBytes = 256 << 20
)

// Config is what a Source needs.
type Config struct {
	Bundle *bundles.Bundle // of the script
	// Base is what URLs are relative to. Method, Header and Body are of requests that don't
	// have their own; headers of a request go before those here.
	Base   string
	Method string
	Header [][2]string
	Body   []byte
}

// Source is a load.Source.
type Source struct {
	cfg      Config
	base     *url.URL
	turns    *js.Turns
	vm       *js.VM
	function js.Value
	requests chan *load.Request
	stop     context.CancelFunc
	done     sync.WaitGroup
	failed   error // why requests was closed; read after that
}

// Open evaluates the script and begins to make requests, until ctx ends or Close is called.
func Open(ctx context.Context, cfg Config) (*Source, error) {
	base, err := url.Parse(cfg.Base)
	if err != nil {
		return nil, err
	}
	program, err := js.CompileFunction("script.js", string(cfg.Bundle.Script), []string{"__register", "__module", "__wasm", "__runtime"}, cfg.Bundle.SourceMap)
	if err != nil {
		return nil, err
	}
	if program.Async() {
		return nil, errors.New("the script awaits at its top level; a script that makes requests can't")
	}
	platform, err := js.NewPlatform(webapi.All()...)
	if err != nil {
		return nil, err
	}
	s := &Source{cfg: cfg, base: base, turns: js.NewTurns(js.TurnsConfig{}), requests: make(chan *load.Request, ahead)}
	s.vm = platform.NewVM(js.Config{Turns: s.turns})
	ctx, s.stop = context.WithCancel(ctx)
	if err := s.evaluate(ctx, program); err != nil {
		s.Close()
		return nil, fmt.Errorf("script: %w", err)
	}
	s.done.Go(func() {
		defer close(s.requests)
		s.make(ctx)
	})
	return s, nil
}

// Close ends the making of requests.
func (s *Source) Close() {
	s.stop()
	s.done.Wait()
	s.turns.Close()
}

// Next returns the next request.
func (s *Source) Next(ctx context.Context) (*load.Request, error) {
	select {
	case r, ok := <-s.requests:
		if !ok {
			return nil, s.failed
		}
		return r, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// make fills requests until ctx ends or the script fails.
func (s *Source) make(ctx context.Context) {
	for n := int64(0); ; n++ {
		r, err := s.request(ctx, n)
		if err != nil {
			s.failed = fmt.Errorf("script, request %d: %w", n, err)
			return
		}
		select {
		case s.requests <- r:
		case <-ctx.Done():
			s.failed = ctx.Err()
			return
		}
	}
}

// turn runs f as an event with caps of its own.
func (s *Source) turn(ctx context.Context, f func() error) error {
	s.vm.Begin(ctx)
	s.vm.Meter().Reset(js.Account{CPU: cpuMax, MemoryBytes: memoryBytes})
	defer s.vm.Abandon()
	var failed error
	if err := s.vm.Enter(ctx, func() {
		if err := f(); err != nil {
			failed = errors.New(s.vm.Report(err).Message)
		}
	}); err != nil {
		return err
	}
	return failed
}

func (s *Source) evaluate(ctx context.Context, program *js.Program) error {
	return s.turn(ctx, func() error {
		var module js.Value
		register := s.vm.NewFunction("__register", 1, func(c *js.Call) (any, error) {
			module = c.Arg(0)
			return js.Undefined, nil
		})
		if _, err := s.vm.Evaluate(program, register, js.Undefined, js.Undefined, js.Undefined); err != nil {
			return err
		}
		if s.function = s.vm.Get(module, "default"); !js.IsFunction(s.function) {
			return js.TypeError("the default export is no function; write: export default (n) => ({ url: `/users/${n}` })")
		}
		return nil
	})
}

// request calls the script's function.
func (s *Source) request(ctx context.Context, n int64) (*load.Request, error) {
	method, target, header, body := s.cfg.Method, "", [][2]string(nil), s.cfg.Body
	err := s.turn(ctx, func() error {
		made, err := s.vm.Call(s.function, js.Undefined, n)
		if err != nil {
			return err
		}
		if !js.IsObject(made) {
			target = s.vm.String(made)
			return nil
		}
		text := func(name string, into *string) {
			if v := s.vm.Get(made, name); !js.IsUndefined(v) {
				*into = s.vm.String(v)
			}
		}
		text("url", &target)
		text("method", &method)
		if h := s.vm.Get(made, "headers"); !js.IsUndefined(h) {
			if err := s.vm.Pairs(h, func(name, value string) error {
				header = append(header, [2]string{name, value})
				return nil
			}); err != nil {
				return err
			}
		}
		if b := s.vm.Get(made, "body"); !js.IsUndefined(b) {
			body, header, err = s.body(b, header)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	u, err := s.base.Parse(target)
	if err != nil {
		return nil, err
	}
	return load.NewRequest(method, u.String(), append(header, s.without(header)...), body)
}

// body returns what is sent for v, and the headers of it.
func (s *Source) body(v js.Value, header [][2]string) ([]byte, [][2]string, error) {
	if b, ok := s.vm.BytesOf(v); ok {
		return append([]byte{}, b...), header, nil
	}
	if !js.IsObject(v) {
		return []byte(s.vm.String(v)), header, nil
	}
	text, ok := s.vm.StringifyJSON(v)
	if !ok {
		return nil, nil, js.TypeError("the body is neither text nor bytes, and JSON has nothing like it")
	}
	if !has(header, "Content-Type") {
		header = append(header, [2]string{"Content-Type", "application/json"})
	}
	return []byte(text), header, nil
}

// without returns the headers of all requests but those that one has itself.
func (s *Source) without(own [][2]string) [][2]string {
	var rest [][2]string
	for _, h := range s.cfg.Header {
		if !has(own, h[0]) {
			rest = append(rest, h)
		}
	}
	return rest
}

func has(header [][2]string, name string) bool {
	for _, h := range header {
		if http.CanonicalHeaderKey(h[0]) == http.CanonicalHeaderKey(name) {
			return true
		}
	}
	return false
}
