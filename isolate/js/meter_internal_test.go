package js

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/isolate/note"
)

// BenchmarkTurnOfEvent is an event with one empty turn: what accounts cost, in CPU time of
// its goroutine.
func BenchmarkTurnOfEvent(b *testing.B) {
	n, file, err := note.Create()
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = n.Close() }()
	if file != nil {
		_ = file.Close()
	}
	flow := &Flow{Digest: 1}
	for _, tc := range []struct {
		name    string
		cfg     TurnsConfig
		account Account
	}{
		{"without bounds", TurnsConfig{}, Account{}},
		{"CPU", TurnsConfig{}, Account{CPU: time.Hour}},
		{"CPU and memory", TurnsConfig{}, Account{CPU: time.Hour, MemoryBytes: 64 << 20}},
		{"CPU, memory, flow and note", TurnsConfig{Note: n}, Account{CPU: time.Hour, MemoryBytes: 64 << 20, Flow: flow}},
	} {
		b.Run(tc.name, func(b *testing.B) {
			turns := NewTurns(tc.cfg)
			defer turns.Close()
			vm := accountVM(b, turns, Account{})
			b.ReportAllocs()
			lockThread()
			defer unlockThread()
			began := threadCPU()
			for b.Loop() {
				vm.Meter().Reset(tc.account)
				_ = vm.Enter(b.Context(), func() {})
				vm.Abandon()
			}
			b.ReportMetric(float64(threadCPU()-began)/float64(b.N), "CPU-ns/op")
		})
	}
}

// BenchmarkTurnContended is a turn that is handed from goroutine to goroutine.
func BenchmarkTurnContended(b *testing.B) {
	turns := NewTurns(TurnsConfig{})
	defer turns.Close()
	ctx, cancel := context.WithCancel(b.Context())
	var work sync.WaitGroup
	for range 8 {
		vm := accountVM(b, turns, Account{CPU: time.Hour, MemoryBytes: 64 << 20, Flow: new(Flow)})
		work.Go(func() {
			for ctx.Err() == nil {
				_ = vm.Enter(ctx, func() {})
			}
		})
	}
	vm := accountVM(b, turns, Account{CPU: time.Hour, MemoryBytes: 64 << 20, Flow: new(Flow)})
	b.ReportAllocs()
	for b.Loop() {
		_ = vm.Enter(ctx, func() {})
	}
	cancel()
	work.Wait()
}
