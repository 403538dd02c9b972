package main

import (
	"bytes"
	"testing"
)

// A worker tells a snapshot of any size in parts, each small enough for its supervisor, and
// keeps nothing of it afterwards.
func TestSnapshotsComeInParts(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, metricsPartBytes, metricsPartBytes + 1, 5*metricsPartBytes + 7} {
		taken := 0
		whole := bytes.Repeat([]byte{1, 2, 3}, size/3+1)[:size]
		s := snapshots{take: func() ([]byte, error) { taken++; return whole, nil }}
		var got []byte
		for {
			answer, err := s.part(t.Context(), metricsAsk{len(got)})
			if err != nil {
				t.Fatal(err)
			}
			p := answer.(metricsPart)
			if got = append(got, p.Part...); len(p.Part) > metricsPartBytes || p.Bytes != size {
				t.Fatalf("a part of %d bytes of %d, want at most %d of %d", len(p.Part), p.Bytes, metricsPartBytes, size)
			}
			if len(got) == p.Bytes {
				break
			}
		}
		if !bytes.Equal(got, whole) || taken != 1 || s.mu.last != nil {
			t.Errorf("%d bytes came of %d, from %d snapshots, and %d bytes are kept", len(got), size, taken, len(s.mu.last))
		}
		if _, err := s.part(t.Context(), metricsAsk{size + 1}); err == nil {
			t.Errorf("a part beyond the end of %d bytes was answered", size)
		}
	}
}
