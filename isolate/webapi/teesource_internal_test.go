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
		a, b := teeSource(from)
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
	a, b := teeSource(from)
	a.Cancel(errors.New("first"))
	b.Cancel(why)
	b.Cancel(errors.New("again"))
	if from.reason != why {
		t.Errorf("the source was canceled with %v", from.reason)
	}
}

func TestTeeBranchesOwnTheirBytes(t *testing.T) {
	t.Parallel()
	a, b := teeSource(&counter{size: 1})
	mine, _ := a.Next(t.Context())
	mine[0] = 1
	if other, _ := b.Next(t.Context()); other[0] != 0 {
		t.Error("the branches share memory")
	}
}
