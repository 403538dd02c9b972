package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/skerry-edge/skerry/kv"
)

// bytesPerSecond is the slowest network that large values are given time for.
const bytesPerSecond = 20 << 20

// bound returns ctx with the deadline of a call that moves about size bytes. The caller
// must call cancel.
func (s *Store) bound(ctx context.Context, size int) (bounded context.Context, cancel context.CancelFunc) {
	timeout := s.timeout + transferTime(size)
	if !s.single {
		// Looking for the right server takes steps that only a context's end stops.
		return context.WithTimeout(ctx, timeout)
	}
	end := time.Now().Add(timeout)
	if earlier, ok := ctx.Deadline(); ok && earlier.Before(end) {
		end = earlier
	}
	return deadline{ctx, end}, func() {}
}

func transferTime(size int) time.Duration {
	return time.Duration(size) * time.Second / bytesPerSecond
}

// deadline is a context with a deadline and no timer to enforce it, which saves half the
// allocations of a Get. The client makes socket deadlines of it; the waits that are not
// on a socket, for a connection and for a dial, have bounds of their own.
type deadline struct {
	context.Context
	end time.Time
}

func (d deadline) Deadline() (time.Time, bool) { return d.end, true }

// run runs a script, whose arguments are about size bytes, and returns its reply.
func (s *Store) run(ctx context.Context, script *script, size int, keys []string, args ...any) (any, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	bounded, cancel := s.bound(ctx, size)
	defer cancel()
	cmd := newOnce(bounded, "evalsha", script.sha1, keys, args)
	_ = s.client.Process(bounded, cmd) // it is in cmd too
	if redis.HasErrorPrefix(cmd.Err(), "NOSCRIPT") {
		// Redis has not seen it yet, or has been restarted or failed over since.
		cmd = newOnce(bounded, "eval", script.source, keys, args)
		_ = s.client.Process(bounded, cmd)
	}
	reply, err := cmd.Result()
	if err != nil {
		return nil, s.fail(ctx, "run script on", keys[0], err)
	}
	return reply, nil
}

// once is a command that is sent at most once. The client would send others again to a
// Cluster when a connection breaks, and an Add that took effect would do so twice.
type once struct{ *redis.Cmd }

// NoRetry is asked by the client.
func (once) NoRetry() bool { return true }

func newOnce(ctx context.Context, verb, script string, keys []string, args []any) once {
	all := make([]any, 0, 3+len(keys)+len(args))
	all = append(all, verb, script, len(keys))
	for _, key := range keys {
		all = append(all, key)
	}
	cmd := redis.NewCmd(ctx, append(all, args...)...)
	cmd.SetFirstKeyPos(3)
	return once{cmd}
}

// fail turns an error of the client's, met while trying op on the Redis key name, into
// one of package kv's. ctx is the caller's context, not the bounded one.
func (s *Store) fail(ctx context.Context, op, name string, err error) error {
	if err == nil {
		return nil
	}
	if ended := contextEnd(ctx); ended != nil {
		return fmt.Errorf("redis: %s %q: %w", op, name, ended)
	}
	var reply redis.Error
	if !errors.As(err, &reply) {
		return fmt.Errorf("%w: redis: %s %q: %v", kv.ErrUnavailable, op, name, err) // the network's, or a timeout
	}
	text := reply.Error()
	switch {
	case strings.Contains(text, "OOM command not allowed"):
		return fmt.Errorf("%w: redis: %s %q: %s: raise Redis's maxmemory, or delete entries", kv.ErrFull, op, name, text)
	case strings.Contains(text, "WRONGTYPE"):
		return corrupt(name, "it is not a string")
	default: // LOADING, READONLY, CLUSTERDOWN, MASTERDOWN, NOAUTH, NOPERM, MISCONF, NOREPLICAS, BUSY, …
		return fmt.Errorf("%w: redis: %s %q: %s", kv.ErrUnavailable, op, name, text)
	}
}

// contextEnd returns ctx's error if ctx has ended. A socket's deadline that was made of
// ctx's may be noticed a moment before ctx's own.
func contextEnd(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if end, ok := ctx.Deadline(); ok && !time.Now().Before(end) {
		return context.DeadlineExceeded
	}
	return nil
}
