package main

import (
	"context"

	"github.com/skerry-edge/skerry/bench/workloads"
)

// startPlain starts the program that does the work in Go.
func startPlain(ctx context.Context, l *lab, w workloads.Workload) (*server, error) {
	if w.Name == embedded || w.Name == "kv" && l.redis == "" {
		return nil, errNotHere
	}
	s := &server{hosts: []string{w.Name + ".localhost"}}
	var err error
	if s.address, err = freeAddress(); err != nil {
		return nil, err
	}
	s.process, err = l.start(ctx, cores(l.serverCore), nil, l.plain, "-listen", s.address, "-workload", w.Name, "-redis", l.redis, "-origin", l.origin)
	if err != nil {
		return nil, err
	}
	return s, waitFor(ctx, s.process, s.listens)
}
