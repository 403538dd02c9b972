package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/skerry-edge/skerry/bench/workloads"
)

// server is a peer that runs, with one workload.
type server struct {
	process *process
	address string   // host:port
	hosts   []string // the names that requests are for, the popular first; a workload may have many
}

// errNotHere says that a peer has no such workload.
var errNotHere = errors.New("it has no such workload")

// ask sends one request and returns the body of the answer.
func (s *server) ask(ctx context.Context, host string, r workloads.Request) ([]byte, error) {
	q, err := http.NewRequestWithContext(ctx, r.Method, "http://"+s.address+r.Path, bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	q.Host = host
	if r.Type != "" {
		q.Header.Set("Content-Type", r.Type)
	}
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode > 299 {
		err = fmt.Errorf("%s %s: status %d: %.300s", r.Method, r.Path, answer.StatusCode, body)
	}
	return body, err
}

// check prepares the server and looks whether it answers right.
func (s *server) check(ctx context.Context, w workloads.Workload) error {
	if w.Prepare != nil {
		if _, err := s.ask(ctx, s.hosts[0], *w.Prepare); err != nil {
			return err
		}
	}
	body, err := s.ask(ctx, s.hosts[0], w.Request)
	if err != nil {
		return err
	}
	return w.Check(body)
}

// listens says whether somebody accepts connections.
func (s *server) listens() error {
	c, err := net.Dial("tcp", s.address)
	if err != nil {
		return err
	}
	return c.Close()
}
