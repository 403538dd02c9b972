package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// firsts is how many responses are begun, one after the other.
const firsts = 500

// measureFirst measures how long the first byte of a body takes from its enqueue to the client,
// one that comes with the head and one that comes later.
func measureFirst(_ context.Context, b *bench) error {
	for _, c := range []struct {
		what string
		ms   int
	}{
		{"with the head", 0},
		{"after the head", 3},
	} {
		var delays []time.Duration
		for range firsts {
			d, err := b.first(c.ms)
			if err != nil {
				return err
			}
			delays = append(delays, d)
		}
		row("from its enqueue to the client, a first byte takes "+c.what+" (median, 99 %, most)", "≤ 1 ms", "%s", spread(delays))
	}
	return nil
}

func (b *bench) first(ms int) (time.Duration, error) {
	c, err := b.get(fmt.Sprintf("/first?ms=%d", ms))
	if err != nil {
		return 0, err
	}
	defer c.Close()
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0, err
	}
	defer r.Body.Close()
	var text [64]byte
	n, err := r.Body.Read(text[:])
	now := time.Now()
	if n == 0 {
		return 0, err
	}
	return since(now, strings.TrimPrefix(string(text[:n]), "data: "))
}
