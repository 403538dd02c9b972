package kvtest

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/kv"
)

func testSwap(t *testing.T, s kv.Store) {
	sw := swapper(t, s)
	ctx := t.Context()
	wantConflict := func(what string, old kv.Version) {
		t.Helper()
		if v, err := sw.Swap(ctx, ns, "k", old, kv.Entry{Value: []byte("wrong")}); !errors.Is(err, kv.ErrConflict) {
			t.Errorf("Swap %s = %q, %v; want ErrConflict", what, v, err)
		}
	}

	wantConflict("of an absent key that should exist", "some version")
	wantAbsent(t, s, ns, "k")
	first, err := sw.Swap(ctx, ns, "k", "", kv.Entry{Value: []byte("1"), Metadata: []byte("1"), ExpiresAt: in(time.Hour)})
	if err != nil || first == "" {
		t.Fatalf("Swap of an absent key = %q, %v", first, err)
	}
	wantConflict("of a key that should be absent", "")
	wantConflict("with a version never given", first+"0")
	second, err := sw.Swap(ctx, ns, "k", first, kv.Entry{Value: []byte("2")})
	if err != nil || second == first {
		t.Fatalf("Swap from version %q = %q, %v", first, second, err)
	}
	if got := get(t, s, ns, "k"); !sameEntry(got, kv.Entry{Value: []byte("2"), Version: second}) {
		t.Errorf("the second swap left %s", show(got))
	}
	wantConflict("from a version that is past", first)

	third := putText(t, s, "k", "3")
	wantConflict("from a version that a put replaced", second)
	remove(t, s, ns, "k")
	wantConflict("from a version that was deleted", third)
	putText(t, s, "k", "3")
	wantConflict("from a version that was deleted and written again", third)
	wantText(t, s, "k", "3")
	wantNames(t, "the listing", list(t, s, ns, kv.Query{}), []string{"k"})
}

func testSwapRace(t *testing.T, s kv.Store) {
	sw := swapper(t, s)
	const writers = 64
	old := kv.Version("")
	for round := range 8 {
		var wins atomic.Int32
		var won atomic.Value
		start := make(chan struct{})
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				<-start
				v, err := sw.Swap(t.Context(), ns, "k", old, kv.Entry{Value: []byte(strconv.Itoa(w))})
				switch {
				case err == nil:
					wins.Add(1)
					won.Store(kv.Entry{Value: []byte(strconv.Itoa(w)), Version: v})
				case !errors.Is(err, kv.ErrConflict):
					t.Error(err)
				}
			})
		}
		close(start)
		wg.Wait()
		if wins.Load() != 1 {
			t.Fatalf("round %d: %d of %d swaps won, want 1", round, wins.Load(), writers)
		}
		got, want := get(t, s, ns, "k"), won.Load().(kv.Entry)
		if !sameEntry(got, want) {
			t.Fatalf("round %d: the key holds %s, and the winner wrote %s", round, show(got), show(want))
		}
		old = got.Version
	}
}

func testCounter(t *testing.T, s kv.Store) {
	c := counter(t, s)
	ctx := t.Context()
	const maxInt, minInt = 1<<63 - 1, -1 << 63
	for _, tc := range []struct {
		before string // "absent", or what the key holds
		delta  int64
		want   int64
		err    error
	}{
		{"absent", 0, 0, nil},
		{"absent", 5, 5, nil},
		{"absent", -5, -5, nil},
		{"absent", maxInt, maxInt, nil},
		{"absent", minInt, minInt, nil},
		{"41", 1, 42, nil},
		{"0", -1, -1, nil},
		{"-1", 1, 0, nil},
		{"-1", 2, 1, nil},
		{"1", -2, -1, nil},
		{"7", 0, 7, nil},
		{"999999999", 1, 1000000000, nil},
		{"1000000000", -1, 999999999, nil},
		{"-999999999", -1, -1000000000, nil},
		{"-1000000000", 1, -999999999, nil},
		{"1000000001", -1000000002, -1, nil},
		{"9007199254740992", 1, 9007199254740993, nil}, // past what a float64 can count
		{"-9007199254740992", -1, -9007199254740993, nil},
		{"9223372036854775806", 1, maxInt, nil},
		{"-9223372036854775807", -1, minInt, nil},
		{"9223372036854775807", minInt, -1, nil},
		{"-9223372036854775808", maxInt, -1, nil},
		{"9223372036854775807", 1, 0, kv.ErrOverflow},
		{"1", maxInt, 0, kv.ErrOverflow},
		{"-9223372036854775808", -1, 0, kv.ErrOverflow},
		{"-1", minInt, 0, kv.ErrOverflow},
		{"9223372036854775807", maxInt, 0, kv.ErrOverflow},
		{"-9223372036854775808", minInt, 0, kv.ErrOverflow},
		{"9223372036854775808", -1, 0, kv.ErrNotInteger},
		{"-9223372036854775809", 1, 0, kv.ErrNotInteger},
		{"99999999999999999999", -1, 0, kv.ErrNotInteger},
		{"", 1, 0, kv.ErrNotInteger},
		{"-", 1, 0, kv.ErrNotInteger},
		{"x", 1, 0, kv.ErrNotInteger},
		{"1x", 1, 0, kv.ErrNotInteger},
		{"1.0", 1, 0, kv.ErrNotInteger},
		{"1e3", 1, 0, kv.ErrNotInteger},
		{"0x10", 1, 0, kv.ErrNotInteger},
		{"+1", 1, 0, kv.ErrNotInteger},
		{"01", 1, 0, kv.ErrNotInteger},
		{"-0", 1, 0, kv.ErrNotInteger},
		{"-01", 1, 0, kv.ErrNotInteger},
		{"1_000", 1, 0, kv.ErrNotInteger},
		{" 1", 1, 0, kv.ErrNotInteger},
		{"1 ", 1, 0, kv.ErrNotInteger},
		{"1\n", 1, 0, kv.ErrNotInteger},
		{"1\x00", 1, 0, kv.ErrNotInteger},
		{"١", 1, 0, kv.ErrNotInteger},
		{"nan", 1, 0, kv.ErrNotInteger},
		{string(make([]byte, 4096)), 1, 0, kv.ErrNotInteger},
	} {
		what := fmt.Sprintf("%.40q + %d", tc.before, tc.delta)
		before := kv.Entry{Value: []byte(tc.before), Metadata: []byte(`{"kept":true}`), ExpiresAt: in(time.Hour)}
		if tc.before == "absent" {
			before = kv.Entry{}
			remove(t, s, ns, "n")
		} else {
			before.Version = put(t, s, ns, "n", before)
		}
		got, err := c.Add(ctx, ns, "n", tc.delta)
		if !errors.Is(err, tc.err) || got != tc.want {
			t.Errorf("%s = %d, %v; want %d, %v", what, got, err, tc.want, tc.err)
			continue
		}
		after := get(t, s, ns, "n")
		if err != nil {
			if !sameEntry(after, before) {
				t.Errorf("%s failed, and left %s", what, show(after))
			}
			continue
		}
		if after.Version == before.Version || after.Version == "" {
			t.Errorf("%s: the version is still %q", what, after.Version)
		}
		want := kv.Entry{Value: strconv.AppendInt(nil, tc.want, 10), Metadata: before.Metadata, ExpiresAt: before.ExpiresAt, Version: after.Version}
		if !sameEntry(after, want) {
			t.Errorf("%s left %s, want %s", what, show(after), show(want))
		}
		if keys := list(t, s, ns, kv.Query{}); len(keys) != 1 || !sameKey(keys[0], kv.Key{Name: "n", Metadata: after.Metadata, ExpiresAt: after.ExpiresAt, Version: after.Version}) {
			t.Errorf("%s left the listing %+v", what, keys)
		}
	}
}

func testCounterRace(t *testing.T, s kv.Store) {
	c := counter(t, s)
	const writers, times = 50, 20
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			last := int64(0)
			for range times {
				sum, err := c.Add(t.Context(), ns, "n", 1)
				if err != nil || sum <= last {
					t.Errorf("Add = %d, %v after %d", sum, err, last)
				}
				last = sum
			}
		})
	}
	wg.Wait()
	wantText(t, s, "n", strconv.Itoa(writers*times))
}
