package kvtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/skerry-edge/skerry/kv"
)

// testLinearizable lets clients call at once, each unaware of the others, and looks for
// an order of all calls that explains what every one of them saw.
func testLinearizable(t *testing.T, s kv.Store) {
	sw, c := swapper(t, s), counter(t, s)
	const clients, calls, keys = 6, 150, 3
	histories := make([][]porcupine.Operation, clients)
	start := time.Now()
	var wg sync.WaitGroup
	for client := range clients {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(client)))
			seen := make(map[string]kv.Version) // by key: what this client may swap from
			for i := range calls {
				in := callIn{
					key:   strconv.Itoa(random.IntN(keys)),
					op:    []string{"get", "get", "put", "swap", "swap", "add", "delete"}[random.IntN(7)],
					value: strconv.Itoa(1000*client + i),
				}
				in.old = seen[in.key]
				call := time.Since(start)
				out, err := in.call(t.Context(), s, sw, c)
				done := time.Since(start)
				if err != nil {
					t.Errorf("%+v: %v", in, err)
					return
				}
				seen[in.key] = out.version
				histories[client] = append(histories[client], porcupine.Operation{
					ClientId: client, Input: in, Call: int64(call), Output: out, Return: int64(done),
				})
			}
		})
	}
	wg.Wait()
	var all []porcupine.Operation
	for _, h := range histories {
		all = append(all, h...)
	}
	if result := porcupine.CheckOperationsTimeout(oneKeyAtATime, all, time.Minute); result != porcupine.Ok {
		t.Errorf("no order of these %d calls explains what they returned (checker: %s)", len(all), result)
	}
}

// callIn is a call on one key, callOut what it returned.
type callIn struct {
	key, op, value string
	old            kv.Version
}

type callOut struct {
	found, conflict, notInteger bool
	value                       string
	sum                         int64
	version                     kv.Version // that the caller knows now; empty: absent or unknown
}

func (in callIn) call(ctx context.Context, s kv.Store, sw kv.Swapper, c kv.Counter) (out callOut, err error) {
	e := kv.Entry{Value: []byte(in.value)}
	switch in.op {
	case "get":
		e, err = s.Get(ctx, ns, in.key)
		out = callOut{found: err == nil, value: string(e.Value), version: e.Version}
		if errors.Is(err, kv.ErrNotFound) {
			err = nil
		}
	case "put":
		out.version, err = s.Put(ctx, ns, in.key, e)
	case "swap":
		out.version, err = sw.Swap(ctx, ns, in.key, in.old, e)
		if errors.Is(err, kv.ErrConflict) {
			out.conflict, err = true, nil
		}
	case "add":
		out.sum, err = c.Add(ctx, ns, in.key, 1)
		if errors.Is(err, kv.ErrNotInteger) {
			out.notInteger, err = true, nil
		}
	case "delete":
		err = s.Delete(ctx, ns, in.key)
	}
	return out, err
}

// keyState is what a key holds in the model. An add does not say which version it made:
// the next get tells, and until then nobody can have swapped from it.
type keyState struct {
	present        bool
	value          string
	version        kv.Version
	versionUnknown bool
}

var oneKeyAtATime = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byKey := make(map[string][]porcupine.Operation)
		for _, op := range history {
			key := op.Input.(callIn).key
			byKey[key] = append(byKey[key], op)
		}
		var parts [][]porcupine.Operation
		for _, part := range byKey {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return keyState{} },
	Step: func(state, input, output any) (bool, any) {
		st, in, out := state.(keyState), input.(callIn), output.(callOut)
		written := keyState{present: true, value: in.value, version: out.version}
		switch in.op {
		case "get":
			if out.found != st.present || out.value != st.value {
				return false, st
			}
			if st.versionUnknown {
				st.version, st.versionUnknown = out.version, false
			}
			return out.version == st.version, st
		case "put":
			return true, written
		case "swap":
			matches := !st.versionUnknown && in.old == st.version
			if out.conflict {
				return !matches, st
			}
			return matches, written
		case "add":
			n, _ := strconv.ParseInt(st.value, 10, 64) // absent: 0; the test writes only integers
			sum := strconv.FormatInt(n+1, 10)
			return !out.notInteger && strconv.FormatInt(out.sum, 10) == sum, keyState{present: true, value: sum, versionUnknown: true}
		default: // delete
			return true, keyState{}
		}
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v -> %+v", input, output) },
}
