package note_test

import (
	"sync"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/isolate/note"
)

func TestNote(t *testing.T) {
	t.Parallel()
	n, file, err := note.Create()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = n.Close() }()
	if file != nil {
		defer func() { _ = file.Close() }()
	}
	if got := n.Read(); got != (note.Running{}) {
		t.Errorf("nothing was noted: got %+v", got)
	}
	n.Begin(7, 42, time.Second, time.Minute)
	want := note.Running{Digest: 7, Turn: 1, Thread: 42, Began: time.Second, Budget: time.Minute}
	if got := n.Read(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	n.Begin(8, 43, 2*time.Second, 0)
	if got := n.Read(); got.Digest != 8 || got.Turn != 2 {
		t.Errorf("got %+v, want the second turn", got)
	}
	n.End()
	if got := n.Read(); got != (note.Running{}) {
		t.Errorf("the turn has ended: got %+v", got)
	}
}

// TestNoTornRead: a reader sees a turn's fields together, or none.
func TestNoTornRead(t *testing.T) {
	t.Parallel()
	n, file, err := note.Create()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = n.Close() }()
	if file != nil {
		defer func() { _ = file.Close() }()
	}
	var writer sync.WaitGroup
	stop := make(chan struct{})
	writer.Go(func() {
		for i := 1; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			n.Begin(uint64(i), i, time.Duration(i), time.Duration(i))
			if i%3 == 0 {
				n.End()
			}
		}
	})
	seen := 0
	for deadline := time.Now().Add(20 * time.Second); seen < 10000 && time.Now().Before(deadline); {
		r := n.Read()
		if r.Digest == 0 {
			continue
		}
		seen++
		if r.Thread != int(r.Digest) || uint64(r.Began) != r.Digest || uint64(r.Budget) != r.Digest || r.Turn != r.Digest {
			t.Fatalf("read parts of two turns: %+v", r)
		}
	}
	close(stop)
	writer.Wait()
	if seen == 0 {
		t.Error("no turn was ever seen")
	}
}

func BenchmarkTurn(b *testing.B) {
	n, file, err := note.Create()
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = n.Close() }()
	if file != nil {
		defer func() { _ = file.Close() }()
	}
	b.ReportAllocs()
	for b.Loop() {
		n.Begin(1, 2, 3, 4)
		n.End()
	}
}
