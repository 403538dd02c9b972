package gateway_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/isolate"
)

// endless is a body that never ends.
type endless struct{ canceled atomic.Bool }

func (e *endless) Next(context.Context) ([]byte, error) { return make([]byte, 64<<10), nil }
func (e *endless) Cancel(error)                         { e.canceled.Store(true) }

// TestClientThatTakesNothingOfABody is cut after WriteTimeout, and not much sooner.
func TestClientThatTakesNothingOfABody(t *testing.T) {
	body := new(endless)
	h := func(context.Context, *isolate.Target, *isolate.Event) (*isolate.Response, error) {
		return &isolate.Response{Status: 200, Stream: body}, nil
	}
	inBubble(t, h, func(t *testing.T, b *bubble) {
		b.dial().send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		time.Sleep(20 * time.Second)
		if body.canceled.Load() {
			t.Error("the body was canceled before its client had its time")
		}
		time.Sleep(time.Minute)
		if !body.canceled.Load() {
			t.Error("nobody has canceled the body")
		}
	})
}
