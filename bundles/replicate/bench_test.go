package replicate_test

import (
	"fmt"
	"testing"

	"github.com/skerry-edge/skerry/bundles/store/storetest"
)

// BenchmarkStart is what a node with many functions does before it serves: with bundles of
// 20 KB, fetched before or not.
func BenchmarkStart(b *testing.B) {
	const functions = 500
	w := newWorld(b)
	for i := range functions {
		_, data := storetest.Data(uint64(i), 20_000)
		w.push(b, fmt.Sprint("f", i), string(data))
	}
	for _, fetched := range []bool{false, true} {
		b.Run(fmt.Sprintf("functions=%d/fetched=%t", functions, fetched), func(b *testing.B) {
			n := newNode(b, w)
			n.start(b).Close()
			for b.Loop() {
				if !fetched {
					b.StopTimer()
					n = newNode(b, w)
					b.StartTimer()
				}
				n.start(b).Close()
			}
		})
	}
}

// BenchmarkPush is a push that this node serves: from the catalog to the end of Sync.
func BenchmarkPush(b *testing.B) {
	for _, functions := range []int{1, 1000} {
		b.Run(fmt.Sprintf("functions=%d", functions), func(b *testing.B) {
			w := newWorld(b)
			for i := range functions {
				w.push(b, fmt.Sprint("f", i), "same")
			}
			n := newNode(b, w).start(b)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				w.push(b, "f0", fmt.Sprint(i))
				n.sync(b, "f0")
			}
		})
	}
}
