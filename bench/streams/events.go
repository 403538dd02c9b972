package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	tick       = time.Second
	ticksHeard = 10 // of each stream, after the first
)

// measureEvents opens many streams of events, one tick a second each: what memory one holds, and
// how long after it was enqueued a tick is here.
func measureEvents(ctx context.Context, b *bench) error {
	// What the first one makes is shared by all: code that is read in, and a warm isolate.
	first, err := b.get("/?ms=10")
	if err != nil {
		return err
	}
	_, err = bufio.NewReader(first).ReadString('\n')
	first.Close()
	if err != nil {
		return err
	}
	time.Sleep(tick)
	empty, err := b.resident()
	if err != nil {
		return err
	}
	before, err := b.cpu()
	if err != nil {
		return err
	}
	streams := make([]*ticker, b.events)
	defer func() {
		for _, s := range streams {
			if s != nil {
				s.conn.Close()
			}
		}
	}()
	var group sync.WaitGroup
	for i := range streams {
		c, err := b.get("/?ms=" + strconv.Itoa(int(tick/time.Millisecond)))
		if err != nil {
			return err
		}
		streams[i] = &ticker{conn: c}
		group.Go(streams[i].listen)
		time.Sleep(tick / time.Duration(b.events)) // ticks are spread
	}
	began := time.Now()
	var held []int64
	for range ticksHeard {
		time.Sleep(tick)
		now, err := b.resident()
		if err != nil {
			return err
		}
		held = append(held, now)
	}
	slices.Sort(held)
	used, err := b.cpu()
	if err != nil {
		return err
	}
	lasted := time.Since(began)
	group.Wait()
	var late, gaps []time.Duration
	for _, s := range streams {
		if s.err != nil {
			return s.err
		}
		late, gaps = append(late, s.late...), append(gaps, s.gaps...)
	}
	each := func(resident int64) float64 { return float64(resident-empty) / float64(b.events) / 1024 }
	row(fmt.Sprintf("memory of a stream of events, of %d on one worker (least, median and most, of each second)", b.events), "≤ 64 KB",
		"%.1f, %.1f, %.1f KB", each(held[0]), each(held[len(held)/2]), each(held[len(held)-1]))
	row("from its enqueue to the client, a tick takes (median, 99 %, most)", "≤ 100 ms", "%s", spread(late))
	row("a tick is off its second by (median, 99 %, most)", "≤ 100 ms", "%s", spread(gaps))
	row("CPU while they are open and opened", "", "%.0f %%", 100*(used-before).Seconds()/(lasted+tick).Seconds())
	return nil
}

// ticker reads a stream of events.
type ticker struct {
	conn net.Conn
	late []time.Duration // after each tick was enqueued
	gaps []time.Duration // between two, beyond a second or short of it
	err  error
}

func (t *ticker) listen() {
	in := bufio.NewReaderSize(t.conn, 512)
	var last time.Time
	for heard := -1; heard < ticksHeard; {
		_ = t.conn.SetReadDeadline(time.Now().Add(30 * time.Second))
		line, err := in.ReadString('\n')
		if err != nil {
			t.err = err
			return
		}
		at, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			continue
		}
		now := time.Now()
		delay, err := since(now, at)
		if err != nil {
			t.err = err
			return
		}
		if heard++; heard > 0 { // the first ones share the machine with what opens the others
			t.late = append(t.late, delay)
			t.gaps = append(t.gaps, (now.Sub(last) - tick).Abs())
		}
		last = now
	}
}

// since is the time from a stamp of the function's to now.
func since(now time.Time, stamp string) (time.Duration, error) {
	ms, err := strconv.ParseFloat(strings.TrimSpace(stamp), 64)
	return time.Duration((float64(now.UnixMicro()) - ms*1000) * float64(time.Microsecond)), err
}

// spread is how durations are spread.
func spread(all []time.Duration) string {
	if len(all) == 0 {
		return "–"
	}
	slices.Sort(all)
	at := func(share float64) float64 {
		return float64(all[min(len(all)-1, int(share*float64(len(all))))]) / float64(time.Millisecond)
	}
	return fmt.Sprintf("%.2f, %.2f, %.2f ms", at(0.5), at(0.99), at(1))
}
