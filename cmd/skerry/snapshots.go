package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/skerry-edge/skerry/gateway/supervise"
)

const (
	// metricsPartBytes is how much of a snapshot a worker sends at once: with thousands of
	// functions there is more than a supervisor takes from a worker in one message.
	metricsPartBytes = 512 << 10
	// metricsBytesMax bounds a worker's snapshot.
	metricsBytesMax = 256 << 20
)

// metricsAsk asks for the part of a snapshot that begins at an offset; at 0 the snapshot is a
// new one.
type metricsAsk struct {
	Offset int `json:"offset"`
}

// metricsPart is a part of a snapshot.
type metricsPart struct {
	Part  []byte `json:"part"`
	Bytes int    `json:"bytes"` // of all parts
}

// snapshots are the metrics that a worker tells its supervisor, which asks for one snapshot at
// a time.
type snapshots struct {
	take func() ([]byte, error)
	mu   struct {
		sync.Mutex
		last []byte // nil: all of it is told
	}
}

// part answers a metricsAsk.
func (s *snapshots) part(_ context.Context, ask metricsAsk) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ask.Offset == 0 {
		var err error
		if s.mu.last, err = s.take(); err != nil {
			return nil, err
		}
	}
	if ask.Offset < 0 || ask.Offset > len(s.mu.last) {
		return nil, fmt.Errorf("there is no snapshot with an offset of %d", ask.Offset)
	}
	answer := metricsPart{Bytes: len(s.mu.last), Part: s.mu.last[ask.Offset:min(ask.Offset+metricsPartBytes, len(s.mu.last))]}
	if ask.Offset+len(answer.Part) == answer.Bytes {
		s.mu.last = nil
	}
	return answer, nil
}

// snapshotOf asks a worker for its metrics. The worker may be broken.
func snapshotOf(ctx context.Context, c *supervise.Child) ([]byte, error) {
	var all []byte
	for {
		var answer metricsPart
		if err := c.Call(ctx, askMetrics, metricsAsk{len(all)}, &answer); err != nil {
			return nil, err
		}
		all = append(all, answer.Part...)
		switch {
		case len(all) > metricsBytesMax, len(all) > answer.Bytes, len(answer.Part) == 0 && len(all) < answer.Bytes:
			return nil, errors.New("its parts don't make a snapshot")
		case len(all) == answer.Bytes:
			return all, nil
		}
	}
}
