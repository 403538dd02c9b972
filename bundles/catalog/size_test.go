package catalog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/memory"
)

// large returns a snapshot of n functions with two routes each.
func large(n int) *Snapshot {
	s := &Snapshot{Catalog: string(newID(time.Now())), Revision: 1_000_000}
	for i := range n {
		name := fmt.Sprintf("customer-%06d-frontend", i)
		id := newID(time.Now())
		s.Functions = append(s.Functions, Function{
			Name:    name,
			Live:    []Share{{Version: 12345, Percent: 100, Digest: bundles.DigestOf([]byte(name)), Record: id}},
			Routes:  []string{name + ".example.com/*", "www.example.com/" + name + "/*"},
			History: id,
		})
	}
	return s
}

func TestHeadOfTenThousandFunctionsIsSmall(t *testing.T) {
	t.Parallel()
	const functions, bytesMax = 10_000, 5 << 20
	data, err := encode(kindHead, large(functions))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d functions: %d bytes, %.1f%% of a value", functions, len(data), 100*float64(len(data))/kv.ValueBytesMax)
	if len(data) > bytesMax {
		t.Errorf("a head of %d functions has %d bytes, more than %d", functions, len(data), bytesMax)
	}
	if _, err := decodeSnapshot(data); err != nil {
		t.Error(err)
	}
}

func TestHistoryIsSmall(t *testing.T) {
	t.Parallel()
	h := history{Function: "shop"}
	for n := range VersionsMax + 1 {
		h.push(Entry{
			Version: n + 1, Digest: bundles.DigestOf(nil), Created: time.Now(), Record: newID(time.Now()),
			Message: strings.Repeat("\x01", MessageBytesMax), // six bytes each in JSON
		})
	}
	data, err := encode(kindHistory, h)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > 1<<20 {
		t.Errorf("a full history has %d bytes", len(data))
	}
}

func TestHeadThatIsTooLarge(t *testing.T) {
	t.Parallel()
	s := memory.New(memory.Config{})
	c, err := New(s, Config{})
	if err != nil {
		t.Fatal(err)
	}
	m := bundles.Manifest{Name: "shop", Routes: []string{"example.com/*"}}
	if _, err := c.Push(t.Context(), m, bundles.DigestOf(nil), ""); err != nil {
		t.Fatal(err)
	}
	before, err := c.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.change(t.Context(), func(_ context.Context, s *Snapshot) (bool, error) {
		s.Functions[0].Routes = []string{strings.Repeat("x", kv.ValueBytesMax)}
		return false, nil
	})
	var size *bundles.SizeError
	if !errors.Is(err, ErrTooLarge) || !errors.As(err, &size) || size.Bytes <= kv.ValueBytesMax {
		t.Errorf("change: %v, want a SizeError", err)
	}
	if after, err := c.Snapshot(t.Context()); err != nil || after.Mark != before.Mark {
		t.Errorf("the head was changed, %v", err)
	}
}

func BenchmarkPushAmongTenThousand(b *testing.B) {
	s := memory.New(memory.Config{})
	data, err := encode(kindHead, large(10_000))
	if err != nil {
		b.Fatal(err)
	}
	if _, err := s.Put(b.Context(), Namespace, headKey, kv.Entry{Value: data}); err != nil {
		b.Fatal(err)
	}
	c, err := New(s, Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m := bundles.Manifest{Name: "shop"}
		if _, err := c.Push(b.Context(), m, bundles.DigestOf(fmt.Append(nil, i)), ""); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMark(b *testing.B) {
	s := memory.New(memory.Config{})
	data, err := encode(kindHead, large(10_000))
	if err != nil {
		b.Fatal(err)
	}
	if _, err := s.Put(b.Context(), Namespace, headKey, kv.Entry{Value: data}); err != nil {
		b.Fatal(err)
	}
	c, err := New(s, Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Mark(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
