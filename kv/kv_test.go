package kv_test

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/kv"
)

// What the suite in kvtest shows of the checks, through each backend, isn't repeated here.

func TestInvalidErrorSaysWhat(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		err  error
		want string
	}{
		{"a long key", kv.CheckKey("ns", strings.Repeat("k", 600)), "kv: key is 600 bytes long, more than the 512 allowed"},
		{"an empty namespace", kv.CheckKey("", "k"), "kv: namespace is empty; a namespace is 1 to 512 bytes"},
		{"metadata that is not JSON", kv.CheckEntry("ns", "k", kv.Entry{Metadata: []byte("x")}), "kv: metadata is not JSON text"},
		{"a limit", errorOf(kv.NewScan("ns", kv.Query{Limit: 1001})), "kv: limit is 1001, not 1 to 1000"},
		{"a cursor", errorOf(kv.NewScan("ns", kv.Query{Cursor: "x"})), "kv: cursor is not one that a listing of this namespace with this prefix returned"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if tc.err == nil || tc.err.Error() != tc.want {
				t.Errorf("got %v\nwant %s", tc.err, tc.want)
			}
		})
	}
}

func errorOf(_ kv.Scan, err error) error { return err }

func TestMillis(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		at   time.Time
		want int64
	}{
		{"never", time.Time{}, 0},
		{"a time", time.UnixMilli(1234), 1234},
		{"a part of a millisecond", time.Unix(1, 999_999_999), 1999},
		{"1970 is not never", time.Unix(0, 0), 1},
		{"nor is what was before", time.UnixMilli(-5), 1},
		{"nor is the year 1", time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC), 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := kv.Millis(tc.at); got != tc.want {
				t.Errorf("Millis(%v) = %d, want %d", tc.at, got, tc.want)
			}
			if again := kv.Millis(kv.FromMillis(tc.want)); again != tc.want {
				t.Errorf("%d came back as %d", tc.want, again)
			}
		})
	}
}

func TestSumAgainstBigIntegers(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	edges := []int64{0, 1, -1, math.MaxInt64, math.MinInt64, math.MaxInt64 - 1, math.MinInt64 + 1}
	draw := func() int64 {
		if random.IntN(3) == 0 {
			return edges[random.IntN(len(edges))]
		}
		return int64(random.Uint64()) >> random.IntN(64)
	}
	for range 100_000 {
		value, delta := draw(), draw()
		want := new(big.Int).Add(big.NewInt(value), big.NewInt(delta))
		got, err := kv.Sum(strconv.AppendInt(nil, value, 10), delta)
		if want.IsInt64() && (err != nil || got != want.Int64()) || !want.IsInt64() && !errors.Is(err, kv.ErrOverflow) {
			t.Fatalf("Sum(%d, %d) = %d, %v; want %v", value, delta, got, err, want)
		}
	}
}

func FuzzCursor(f *testing.F) {
	scan, err := kv.NewScan("ns", kv.Query{Prefix: "p"})
	if err != nil {
		f.Fatal(err)
	}
	for _, cursor := range []string{scan.Cursor("p"), scan.Cursor("p\x00\xff"), scan.Cursor("p" + strings.Repeat("k", 511)), "", "AAAAAA", "AAAAAAA", "=", "\xff"} {
		f.Add(cursor)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		s, err := kv.NewScan("ns", kv.Query{Prefix: "p", Cursor: cursor})
		var invalid *kv.InvalidError
		if err != nil {
			if !errors.As(err, &invalid) {
				t.Fatalf("NewScan: %v, want an InvalidError", err)
			}
			return
		}
		if !strings.HasPrefix(s.From, "p") {
			t.Errorf("cursor %q leads out of its prefix, to %q", cursor, s.From)
		}
		if cursor != "" && scan.Cursor(strings.TrimSuffix(s.From, "\x00")) != cursor {
			t.Errorf("cursor %q is not the one of its key", cursor)
		}
	})
}
