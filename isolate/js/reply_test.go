package js_test

import (
	"context"
	"errors"
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
)

// newAsking returns a VM whose function ask returns the promise of a reply, and where those
// that were asked for are.
func newAsking(t *testing.T) (*js.VM, chan *js.Reply) {
	t.Helper()
	asked := make(chan *js.Reply, 10)
	p, err := js.NewPlatform(js.Function{Name: "ask", Call: func(c *js.Call) (any, error) {
		r := c.VM.NewReply()
		asked <- r
		return r.Promise(), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return p.NewVM(js.Config{}), asked
}

// begin evaluates src, which returns a promise, for a new event.
func begin(t *testing.T, vm *js.VM, src string) (promise js.Value) {
	t.Helper()
	program, err := js.CompileFunction("main.js", "return "+src, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	vm.Begin(t.Context())
	var thrown error
	if err := vm.Enter(t.Context(), func() { promise, thrown = vm.Evaluate(program) }); err != nil || thrown != nil {
		t.Fatal(err, thrown)
	}
	return promise
}

// settled runs vm until the promise has settled, and returns its value as text.
func settled(t *testing.T, vm *js.VM, promise js.Value) (text string) {
	t.Helper()
	err := vm.Run(context.Background(), func() bool {
		state, v := js.Peek(promise)
		if state != js.Pending {
			text = vm.String(v)
		}
		return state != js.Pending
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestReply(t *testing.T) {
	t.Parallel()
	vm, asked := newAsking(t)
	promise := begin(t, vm, `Promise.all([ask(), ask(), ask().catch(e => e.message)]).then(String)`)
	first, second, third := <-asked, <-asked, <-asked
	second.Settle("b", nil) // before anybody waits
	go func() {
		third.Settle(nil, errors.New("no"))
		first.Settle("a", nil)
	}()
	if got := settled(t, vm, promise); got != "a,b,no" {
		t.Errorf("got %q", got)
	}
}

// TestReplyToAnEventThatIsOver settles what an event asked for when the next one runs.
func TestReplyToAnEventThatIsOver(t *testing.T) {
	t.Parallel()
	vm, asked := newAsking(t)
	begin(t, vm, `ask().then(v => { globalThis.late = v })`)
	vm.Abandon()
	old := <-asked
	promise := begin(t, vm, `ask().then(v => v + globalThis.late)`)
	old.Settle("late", nil)
	(<-asked).Settle("new ", nil)
	if got := settled(t, vm, promise); got != "new undefined" {
		t.Errorf("got %q", got)
	}
}
