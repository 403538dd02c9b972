package webapi

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
)

// counter is a source of chunks of a size, without end or up to a number of them.
type counter struct {
	size, most, given int
	reason            error
}

func (c *counter) Next(context.Context) ([]byte, error) {
	if c.most > 0 && c.given == c.most {
		return nil, io.EOF
	}
	c.given++
	return make([]byte, c.size), nil
}

func (c *counter) Cancel(reason error) { c.reason = reason }

func TestTeeWaitsForTheSlowerBranch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		from := &counter{size: teeAheadBytes / 4}
		a, b, _ := new(tees).tee(from)
		if _, err := b.Next(t.Context()); err != nil { // it is being read now
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ahead, ended := 0, make(chan error)
		go func() {
			for {
				if _, err := a.Next(ctx); err != nil {
					ended <- err
					return
				}
				ahead++
			}
		}()
		synctest.Wait()
		if ahead != 5 {
			t.Errorf("it was read %d chunks ahead, want 5", ahead)
		}
		if _, err := b.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if ahead != 6 {
			t.Errorf("it was read %d chunks ahead, want 6", ahead)
		}
		from.most = from.given + 1
		b.Cancel(nil)
		if from.reason != nil {
			t.Error("the source was canceled with one branch left")
		}
		if _, err := b.Next(t.Context()); !errors.Is(err, errCanceled) {
			t.Errorf("a canceled branch gives %v", err)
		}
		if err := <-ended; err != io.EOF {
			t.Errorf("the other branch ends with %v", err)
		}
		cancel()
	})
}

func TestTeeIsCanceledByBoth(t *testing.T) {
	t.Parallel()
	from, why := &counter{size: 1}, errors.New("why")
	a, b, _ := new(tees).tee(from)
	a.Cancel(errors.New("first"))
	b.Cancel(why)
	b.Cancel(errors.New("again"))
	if from.reason != why {
		t.Errorf("the source was canceled with %v", from.reason)
	}
}

func TestTeeBranchesOwnTheirBytes(t *testing.T) {
	t.Parallel()
	a, b, _ := new(tees).tee(&counter{size: 1})
	mine, _ := a.Next(t.Context())
	mine[0] = 1
	if other, _ := b.Next(t.Context()); other[0] != 0 {
		t.Error("the branches share memory")
	}
}

// TestTeesCount follows what the branches of an event hold together.
func TestTeesCount(t *testing.T) {
	t.Parallel()
	all := new(tees)
	holds := func(when string, bytes, open int64) {
		t.Helper()
		if all.bytes.Load() != bytes || all.open.Load() != open {
			t.Errorf("%s: %d bytes in %d tees, want %d in %d", when, all.bytes.Load(), all.open.Load(), bytes, open)
		}
	}
	read := func(s Source, want error) {
		t.Helper()
		if _, err := s.Next(t.Context()); !errors.Is(err, want) {
			t.Errorf("a branch gives %v, want %v", err, want)
		}
	}
	a, b, _ := all.tee(&counter{size: 5 << 20, most: 2})
	c, d, _ := all.tee(&counter{size: 5 << 20, most: 3})
	read(a, nil)
	read(a, nil)
	read(a, io.EOF)
	holds("one is ahead", 10<<20, 2)
	read(c, nil)
	read(c, nil)
	holds("there is no room for more", 10<<20, 1)
	read(d, ErrTeeFull)
	read(b, nil)
	b.Cancel(nil)
	holds("what is behind is canceled", 0, 0)
	c.Cancel(nil)
	holds("all are canceled", 0, 0)
	for range teesMax {
		_, _, err := all.tee(&counter{size: 1})
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := all.tee(&counter{size: 1}); err == nil {
		t.Error("there is no end of tees")
	}
}
