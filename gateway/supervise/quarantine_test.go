package supervise_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skerry-edge/skerry/gateway/supervise"
)

func openQuarantine(t *testing.T, cfg supervise.QuarantineConfig) *supervise.Quarantine {
	t.Helper()
	q, err := supervise.OpenQuarantine(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.Close() })
	return q
}

func TestQuarantine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var changed []string
		q := openQuarantine(t, supervise.QuarantineConfig{Changed: func(f string) { changed = append(changed, f) }})
		place := func(function string, digest uint64, want supervise.Place) {
			t.Helper()
			if p := q.State(function, digest); p.Place != want {
				t.Errorf("%s %d may run: %+v, want %s", function, digest, p, want)
			}
		}
		place("shop", 1, supervise.InWorker)
		q.CostWorker("shop", 1, "fatal error: stack overflow\n")
		place("shop", 1, supervise.InJail)
		place("shop", 2, supervise.InWorker)
		place("blog", 1, supervise.InWorker)
		q.CostWorker("shop", 1, "signal: killed")
		time.Sleep(24 * time.Hour)
		place("shop", 1, supervise.InJail) // until it is lifted

		for i, pause := range []time.Duration{100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000} {
			pause *= time.Millisecond
			p := q.CostJail("shop", 1, "out of memory")
			if want := time.Now().Add(pause); p.Place != supervise.Refused || !p.Until.Equal(want) {
				t.Errorf("after death %d: %+v, want refused until %v", i+1, p, want)
			}
			time.Sleep(pause - time.Nanosecond)
			place("shop", 1, supervise.Refused)
			time.Sleep(time.Nanosecond)
			place("shop", 1, supervise.InJail)
		}
		place("shop", 2, supervise.InWorker) // a new version is free at once

		time.Sleep(time.Minute)
		if p := q.CostJail("shop", 1, "again"); time.Until(p.Until) != 30*time.Second {
			t.Errorf("after good behaviour that is too short: %v", time.Until(p.Until))
		}
		time.Sleep(30*time.Second + time.Minute + 1)
		if p := q.CostJail("shop", 1, "again"); time.Until(p.Until) != 100*time.Millisecond {
			t.Errorf("after good behaviour: %v, want 100ms", time.Until(p.Until))
		}

		all := q.Snapshot()
		if len(all) != 1 || all[0].Workers != 2 || all[0].Jails != 13 || all[0].Cause != "again" || all[0].Function != "shop" || all[0].Digest != 1 {
			t.Errorf("%+v", all)
		}
		if q.Lift("blog") || !q.Lift("shop") || q.Lift("shop") {
			t.Error("Lift says something else than it does")
		}
		place("shop", 1, supervise.InWorker)
		if p := q.CostJail("shop", 1, "as if nothing had been"); time.Until(p.Until) != 100*time.Millisecond {
			t.Errorf("after it was lifted: %v, want 100ms", time.Until(p.Until))
		}
		if want := 2 + 13 + 1 + 1; len(changed) != want || slices.Contains(changed, "blog") {
			t.Errorf("%d changes were told, want %d", len(changed), want)
		}
	})
}

func TestQuarantineForgetsTheLeastRecent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := openQuarantine(t, supervise.QuarantineConfig{EntriesMax: 3})
		for _, digest := range []uint64{1, 2, 3, 1, 4} {
			q.CostWorker("shop", digest, "x")
			time.Sleep(time.Second)
		}
		var left []uint64
		for _, e := range q.Snapshot() {
			left = append(left, e.Digest)
		}
		if !slices.Equal(left, []uint64{4, 1, 3}) {
			t.Errorf("left are %v, want 4, 1 and 3", left)
		}
	})
}

func TestQuarantineIsKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "quarantine")
	q, err := supervise.OpenQuarantine(supervise.QuarantineConfig{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	const digest = 1<<64 - 1 // more than a JSON reader may think a number is
	q.CostWorker("shop", digest, "x")
	until := q.CostJail("blog", 7, "y").Until
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	q = openQuarantine(t, supervise.QuarantineConfig{Path: path})
	if p := q.State("shop", digest); p.Place != supervise.InJail {
		t.Errorf("shop: %+v", p)
	}
	if e := q.Snapshot()[0]; e.Function != "blog" || !e.Until.Equal(until) || e.Failures != 1 {
		t.Errorf("blog: %+v, want until %v", e, until)
	}
	q.Lift("shop")
	q.Lift("blog")
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	if q = openQuarantine(t, supervise.QuarantineConfig{Path: path}); len(q.Snapshot()) != 0 {
		t.Errorf("after Lift: %+v", q.Snapshot())
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info.Mode(), err)
	}
}

// TestDamagedQuarantine flips each byte of a file.
func TestDamagedQuarantine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	good := filepath.Join(dir, "good")
	q := openQuarantine(t, supervise.QuarantineConfig{Path: good})
	q.CostWorker("shop", 3, "x")
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	damaged := map[string][]byte{"empty": nil, "cut": text[:len(text)-1], "longer": append(slices.Clone(text), ' '),
		"another version": []byte(strings.Replace(string(text), "quarantine 1", "quarantine 2", 1))}
	for i := range text {
		flipped := slices.Clone(text)
		flipped[i] ^= 1
		damaged[fmt.Sprint("byte ", i)] = flipped
	}
	for name, text := range damaged {
		path := filepath.Join(dir, "damaged")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		q, err := supervise.OpenQuarantine(supervise.QuarantineConfig{Path: path})
		if !errors.Is(err, supervise.ErrQuarantineFile) || !strings.Contains(err.Error(), path+".corrupt") {
			t.Fatalf("%s: %v, want %v", name, err, supervise.ErrQuarantineFile)
		}
		if n := len(q.Snapshot()); n != 0 {
			t.Errorf("%s: %d entries", name, n)
		}
		if aside, err := os.ReadFile(path + ".corrupt"); err != nil || string(aside) != string(text) {
			t.Errorf("%s: what was set aside is %q, %v", name, aside, err)
		}
		q.CostWorker("blog", 1, "x")
		if err := q.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestQuarantineThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "gone")
	failed := make(chan error, 10)
	q, err := supervise.OpenQuarantine(supervise.QuarantineConfig{Path: filepath.Join(dir, "quarantine"), Failed: func(err error) { failed <- err }})
	if err != nil {
		t.Fatal(err)
	}
	q.CostWorker("shop", 1, "x")
	if err := <-failed; !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Failed was told %v", err)
	}
	if p := q.State("shop", 1); p.Place != supervise.InJail {
		t.Errorf("what is in memory: %+v", p)
	}
	if err := q.Close(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Close: %v", err)
	}
}

func TestQuarantineConcurrently(t *testing.T) {
	t.Parallel()
	q := openQuarantine(t, supervise.QuarantineConfig{Path: filepath.Join(t.TempDir(), "q"), EntriesMax: 10})
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 50 {
				name := fmt.Sprint("f", (i+j)%5)
				q.CostWorker(name, uint64(j), "x")
				q.CostJail(name, uint64(j), "x")
				q.State(name, uint64(j))
				q.Snapshot()
				q.Lift(name)
			}
		})
	}
	group.Wait()
}

func TestQuarantineConfigValidate(t *testing.T) {
	t.Parallel()
	for field, cfg := range map[string]supervise.QuarantineConfig{
		"BackoffMin": {BackoffMin: -1}, "BackoffMax": {BackoffMax: -1}, "ForgetIn": {ForgetIn: -1}, "EntriesMax": {EntriesMax: -1},
	} {
		if _, err := supervise.OpenQuarantine(cfg); err == nil || !strings.Contains(err.Error(), field+" is -1") {
			t.Errorf("%s: %v", field, err)
		}
	}
}
