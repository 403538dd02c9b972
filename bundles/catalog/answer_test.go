package catalog_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/memory"
)

// liar is a store that swaps once and denies it.
type liar struct {
	*memory.Store
	answer    error  // what it says instead
	afterSwap func() // done between the swap and the answer
}

func (l *liar) Swap(ctx context.Context, ns, key string, old kv.Version, e kv.Entry) (kv.Version, error) {
	version, err := l.Store.Swap(ctx, ns, key, old, e)
	if err == nil && l.answer != nil {
		err, l.answer = l.answer, nil
		l.afterSwap()
	}
	return version, err
}

// TestSwapWhoseAnswerIsLost lets a store swap the head and say that it did not: the change
// is found out to be made, and not made twice, even if others come in between.
func TestSwapWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	for _, answer := range []error{kv.ErrConflict, kv.ErrUnavailable} {
		for _, others := range []string{"none", "another function", "the same function"} {
			t.Run(answer.Error()+", in between comes "+others, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					memory := memory.New(memory.Config{})
					other := open(t, memory)
					push(t, other, manifest("shop"), "0")
					want := "shop 2 [shop.localhost/*]"
					l := &liar{Store: memory, answer: answer, afterSwap: func() {
						switch others {
						case "another function":
							push(t, other, manifest("blog"), "b")
							want = "blog 1 [blog.localhost/*]\n" + want
						case "the same function":
							push(t, other, manifest("shop"), "2")
							want = "shop 3 [shop.localhost/*]"
						}
					}}
					change := push(t, open(t, l), manifest("shop"), "1")
					if change.Version.Number != 2 || change.Unchanged {
						t.Errorf("push returned %+v", change)
					}
					if got := live(t, other); got != want {
						t.Errorf("live:\n%s\nwant\n%s", got, want)
					}
				})
			})
		}
	}
}
