package js

import (
	"context"
	"errors"
	"os"
	"runtime"
	"runtime/metrics"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// hogs keep what they make, each kind of value in its way, in one turn.
var hogs = []struct{ name, src string }{
	{"strings", `let a = []; for (let i = 0; ; i++) a.push("x".repeat(1000) + i)`},
	{"arrays", `let a = []; for (;;) a.push([1, 2, 3, 4])`},
	{"arrays, without a call", `let a = null; for (;;) a = [a, 1, 2, 3, 4]`},
	{"buffers", `let a = []; for (;;) a.push(new ArrayBuffer(100000))`},
	{"maps", `let m = new Map(); for (let i = 0; ; i++) m.set("k" + i, {i})`},
	{"closures", `let a = []; for (let i = 0; ; i++) { let x = [i]; a.push(() => x) }`},
	{"promises", `let a = []; for (;;) a.push(new Promise(() => {}))`},
	{"typed arrays", `let a = []; for (;;) a.push(new Float64Array(1000))`},
	{"JSON", `let a = [], s = JSON.stringify({a: [1, 2, 3], b: {c: "dddddddddddddddddddd"}}); for (;;) a.push(JSON.parse(s))`},
	{"regexp results", `let a = [], s = "abc".repeat(100); for (;;) a.push(/(a)(b)(c)/.exec(s), s.match(/b/g))`},
	{"an array that grows", `let a = []; for (;;) a.push(1)`},
	{"an object that grows", `let o = {}; for (let i = 0; ; i++) o["p" + i] = i`},
	{"large fills", `let a = []; for (;;) a.push(new Array(3e4).fill(1))`},
	{"garbage first", `let a = []; for (let i = 0; i < 1e5; i++) [i]; for (;;) a.push([1, 2, 3, 4])`},
}

// makers throw away what they make.
var makers = []struct{ name, src string }{
	{"arrays", `for (let i = 0; i < 1e5; i++) [1, 2, 3, 4]`},
	{"strings", `for (let i = 0; i < 10000; i++) "x".repeat(5000) + i`},
	{"buffers", `for (let i = 0; i < 2000; i++) new ArrayBuffer(100000)`},
	{"large buffers", `for (let i = 0; i < 100; i++) new ArrayBuffer(2e6)`},
	{"half of the cap is kept", `let a = []; for (let i = 0; i < 6000; i++) a.push([1, 2, 3, 4]); for (let i = 0; i < 1e5; i++) [1, 2, 3, 4]`},
}

// inOneTurn runs src, the body of a function, in one turn.
func inOneTurn(t testing.TB, vm *VM, src string) error {
	t.Helper()
	program, err := CompileFunction("test.js", src, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return vm.Enter(context.Background(), func() {
		if _, err := vm.Evaluate(program); err != nil {
			t.Errorf("threw %v", err)
		}
	})
}

// eventually runs src, the body of an async function that finds sleep(ms), to its end.
func eventually(ctx context.Context, t testing.TB, vm *VM, src string) error {
	t.Helper()
	program, err := CompileFunction("test.js", "return (async () => {"+src+"\n})()", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	vm.Begin(ctx)
	var promise Value
	err = vm.Enter(ctx, func() {
		vm.SetGlobal("sleep", vm.NewFunction("sleep", 1, func(c *Call) (any, error) {
			d := vm.NewDeferred()
			vm.SetTimer(time.Duration(c.Int(0, 0))*time.Millisecond, false, func() { d.Resolve(nil) })
			return d.Promise(), nil
		}))
		promise, err = vm.Evaluate(program)
	})
	if err != nil {
		return err
	}
	return vm.Run(ctx, func() bool { state, _ := Peek(promise); return state != Pending }, nil)
}

// heapPeak watches the heap until stop is called, which returns the most it was.
func heapPeak() (stop func() int64) {
	quit, done := make(chan struct{}), make(chan int64)
	go func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		var peak int64
		for {
			select {
			case <-quit:
				done <- peak
				return
			case <-time.After(500 * time.Microsecond):
			}
			metrics.Read(sample)
			peak = max(peak, int64(sample[0].Value.Uint64()))
		}
	}()
	return func() int64 { close(quit); return <-done }
}

// capBytes is the cap of these tests: SKERRY_MEMORY_MB, 8 MB if it is not set.
func capBytes() int64 {
	if n, err := strconv.ParseInt(os.Getenv("SKERRY_MEMORY_MB"), 10, 64); err == nil {
		return n << 20
	}
	return 8 << 20
}

// TestHogs: what keeps too much ends with ErrMemory, in good time. How far the heap has
// grown by then is logged: it depends on what else the machine does.
func TestHogs(t *testing.T) {
	turns := NewTurns(TurnsConfig{})
	defer turns.Close()
	for _, tc := range hogs {
		t.Run(tc.name, func(t *testing.T) {
			runtime.GC()
			stop := heapPeak()
			vm := accountVM(t, turns, Account{CPU: time.Minute, MemoryBytes: capBytes()})
			defer vm.Abandon()
			err := inOneTurn(t, vm, tc.src)
			peak := stop()
			if !errors.Is(err, ErrMemory) || !errors.Is(vm.Ended(), ErrMemory) {
				t.Errorf("got %v, ended by %v; want %v", err, vm.Ended(), ErrMemory)
			}
			if got := vm.Meter().Peak(); got < capBytes() {
				t.Errorf("Peak says %d MB", got>>20)
			}
			t.Logf("cap %d MB, the heap's peak %d MB, Peak %d MB, CPU %v", capBytes()>>20, peak>>20, vm.Meter().Peak()>>20, vm.Meter().Used())
		})
	}
}

// TestGarbage: what is thrown away again is held against nobody.
func TestGarbage(t *testing.T) {
	turns := NewTurns(TurnsConfig{})
	defer turns.Close()
	for _, tc := range makers {
		t.Run(tc.name, func(t *testing.T) {
			stop := heapPeak()
			vm := accountVM(t, turns, Account{CPU: time.Minute, MemoryBytes: capBytes()})
			defer vm.Abandon()
			if err := inOneTurn(t, vm, tc.src); err != nil {
				t.Error(err)
			}
			t.Logf("cap %d MB, the heap's peak %d MB, Peak %d MB, allocated %d MB, CPU %v", capBytes()>>20, stop()>>20,
				vm.Meter().Peak()>>20, vm.meter.memory.total>>20, vm.Meter().Used())
		})
	}
}

// TestSlowHog: what keeps too much over many turns ends, and none of those that make garbage
// meanwhile, hold what they may, or come and go.
func TestSlowHog(t *testing.T) {
	turns := NewTurns(TurnsConfig{})
	defer turns.Close()
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	var work sync.WaitGroup
	var mistakes atomic.Int32
	others := func(name, src string) {
		work.Go(func() {
			for ctx.Err() == nil {
				vm := accountVM(t, turns, Account{CPU: time.Minute, MemoryBytes: capBytes(), Flow: new(Flow)})
				if err := eventually(ctx, t, vm, src); err != nil && ctx.Err() == nil {
					t.Logf("%s: %v", name, err)
					mistakes.Add(1)
				}
				vm.Abandon()
			}
		})
	}
	others("one that makes garbage", `for (let i = 0; i < 1000; i++) { for (let j = 0; j < 1000; j++) [j, j, j]; await sleep(1) }`)
	others("one that holds a part of its cap", `let a = []; for (let i = 0; i < 5e3; i++) a.push([i, i, i]); await sleep(200)`)
	others("one that comes and goes", `await sleep(1)`)
	hog := accountVM(t, turns, Account{CPU: time.Minute, MemoryBytes: capBytes()})
	err := eventually(ctx, t, hog, `let a = []; for (;;) { for (let i = 0; i < 2000; i++) a.push([i, i, i]); await sleep(1) }`)
	if !errors.Is(err, ErrMemory) {
		t.Errorf("got %v, want %v", err, ErrMemory)
	}
	t.Logf("cap %d MB, Peak %d MB, CPU %v", capBytes()>>20, hog.Meter().Peak()>>20, hog.Meter().Used())
	cancel()
	work.Wait()
	if n := mistakes.Load(); n > 0 && hog.Meter().Peak() < hopeless*capBytes()+2*runaway {
		t.Errorf("%d others were ended", n) // if memory runs away, it may be a guess; see trial
	}
}

// TestSleepingHog: an event that holds too much and waits is woken to end.
func TestSleepingHog(t *testing.T) {
	turns := NewTurns(TurnsConfig{})
	defer turns.Close()
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	vm := accountVM(t, turns, Account{CPU: time.Minute, MemoryBytes: capBytes()})
	keep := make([][]byte, 0, 20)
	vm.SetGlobal("take", vm.NewFunction("take", 0, func(*Call) (any, error) {
		for range cap(keep) {
			vm.meter.grow(capBytes() / 4)
			keep = append(keep, make([]byte, capBytes()/4))
		}
		return nil, nil
	}))
	if err := eventually(ctx, t, vm, `take(); await sleep(3600000)`); !errors.Is(err, ErrMemory) {
		t.Errorf("got %v, want %v", err, ErrMemory)
	}
	runtime.KeepAlive(keep)
}

// TestOthersRunDuringATrial: an event that is on trial gives its turn up meanwhile, in the
// middle of Go code, and goes on when it is acquitted.
func TestOthersRunDuringATrial(t *testing.T) {
	turns := NewTurns(TurnsConfig{})
	defer turns.Close()
	suspect := accountVM(t, turns, Account{CPU: time.Minute, MemoryBytes: capBytes()})
	other := accountVM(t, turns, Account{CPU: time.Minute, MemoryBytes: capBytes()})
	went := make(chan error, 1)
	ran := false
	err := suspect.Enter(t.Context(), func() {
		go func() { went <- other.Enter(context.Background(), func() { ran = true }) }()
		for {
			if waiting, _ := turns.Backlog(); waiting == 1 {
				break
			}
		}
		w := &turns.watchdog
		w.mu.Lock()
		w.tryLocked(&suspect.meter)
		w.mu.Unlock()
		suspect.checkpoint()
		if !ran {
			t.Error("the other got no turn")
		}
	})
	if err := errors.Join(err, <-went); err != nil {
		t.Error(err)
	}
}

// TestGrowRefuses: Go code need not allocate to learn that it may not.
func TestGrowRefuses(t *testing.T) {
	t.Parallel()
	turns := NewTurns(TurnsConfig{})
	defer turns.Close()
	vm := accountVM(t, turns, Account{CPU: time.Minute, MemoryBytes: 16 << 20})
	if err := vm.Enter(t.Context(), func() { vm.meter.grow(30 << 20) }); !errors.Is(err, ErrMemory) {
		t.Errorf("got %v, want %v", err, ErrMemory)
	}
}

// TestLedger holds what the ledger concludes from collections, to the byte.
func TestLedger(t *testing.T) {
	t.Parallel()
	const mb = 1 << 20
	var known int64
	meters := make([]*Meter, 3)
	l := &ledger{known: func() int64 { return known }, begun: true, base: 10 * mb}
	for i := range meters {
		meters[i] = &Meter{account: Account{MemoryBytes: 64 * mb}}
	}
	hog, maker, light := meters[0], meters[1], meters[2]
	light.memory.add(100 << 10)
	for _, m := range meters {
		m.memory.add(0)
	}
	allocate := func(m *Meter, n int64) {
		m.memory.add(n)
		l.enlist(m)
		l.allocs += n
	}
	collect := func(live int64) {
		l.trial = since{allocs: l.allocs}
		l.collected(live, 2*live, 0)
		for _, m := range l.events() {
			m.memory.least = max(m.memory.least, m.memory.tried)
		}
	}
	check := func(name string, hogWant, makerWant [2]int64, base int64) {
		t.Helper()
		var got [2][2]int64
		for i, m := range []*Meter{hog, maker} {
			got[i] = [2]int64{m.memory.least / mb, m.memory.bytes / mb}
		}
		if got != [2][2]int64{hogWant, makerWant} || l.base/mb != base {
			t.Errorf("%s: the hog and the maker hold between %v, the rest %d; want %v and %v, %d", name, got, l.base/mb, hogWant, makerWant, base)
		}
	}
	allocate(hog, 30*mb)
	allocate(maker, 40*mb)
	collect(40 * mb)
	check("30 MB are alive that were allocated by one or the other", [2]int64{0, 30}, [2]int64{0, 34}, 10)
	allocate(hog, 20*mb)
	collect(60 * mb)
	check("only one has allocated since", [2]int64{20, 50}, [2]int64{0, 34}, 10)
	known = 50 * mb
	collect(110 * mb)
	check("the engine keeps more", [2]int64{20, 50}, [2]int64{0, 34}, 10)
	l.forget(maker)
	collect(110 * mb)
	check("the other is gone, what is left is one's", [2]int64{50, 50}, [2]int64{0, 34}, 10)
	collect(80 * mb)
	check("it has thrown away most", [2]int64{20, 24}, [2]int64{0, 34}, 10)
	collect(180 * mb)
	check("what nobody can have allocated is the rest's", [2]int64{24, 24}, [2]int64{0, 34}, 106)
	known = 150 * mb
	collect(160 * mb)
	check("the rest has shrunk", [2]int64{0, 4}, [2]int64{0, 34}, 10)
	allocate(hog, 60*mb)
	known = 50 * mb
	collect(135 * mb)
	check("the engine kept less than it said", [2]int64{0, 4}, [2]int64{0, 34}, 85)
	if slices.ContainsFunc(l.events(), func(m *Meter) bool { return m == light }) {
		t.Error("a light event is looked at")
	}
}

// BenchmarkOthers is the wait of a short event while another is tried for its memory again
// and again, with 200 MB of warm isolates alive; against that beside a script that only
// spins, and beside one that makes as much garbage without a cap, so that collections come
// of their own accord.
func BenchmarkOthers(b *testing.B) {
	const garbage = `for (;;) { for (let i = 0; i < 2000; i++) [i, i, i]; await sleep(0) }`
	const warmIsolates = 200
	for _, tc := range []struct {
		name, src string
		cap       int64
	}{
		{"beside a script that spins", `for (;;) { for (let i = 0; i < 2000; i++) i; await sleep(0) }`, 64 << 20},
		{"beside garbage without a cap", garbage, 0},
		{"beside garbage", garbage, 64 << 20},
		{"beside a hog", `let a = []; for (;;) { for (let i = 0; i < 2000; i++) a.push([i, i, i]); await sleep(0) }`, 64 << 20},
	} {
		b.Run(tc.name, func(b *testing.B) {
			turns := NewTurns(TurnsConfig{})
			defer turns.Close()
			var warm []*VM
			for range warmIsolates {
				vm := accountVM(b, turns, Account{})
				if err := inOneTurn(b, vm, `let a = globalThis.keep = []; for (let i = 0; i < 1600; i++) a.push([i, i, i])`); err != nil {
					b.Fatal(err)
				}
				warm = append(warm, vm)
			}
			runtime.GC()
			ctx, cancel := context.WithCancel(b.Context())
			var work sync.WaitGroup
			ended := 0
			work.Go(func() {
				for ctx.Err() == nil {
					vm := accountVM(b, turns, Account{CPU: time.Minute, MemoryBytes: tc.cap, Flow: new(Flow)})
					if err := eventually(ctx, b, vm, tc.src); errors.Is(err, ErrMemory) {
						ended++
					}
					vm.Abandon()
				}
			})
			flow := new(Flow)
			var waits []time.Duration
			for b.Loop() {
				time.Sleep(200 * time.Microsecond)
				vm := accountVM(b, turns, Account{CPU: time.Minute, MemoryBytes: 64 << 20, Flow: flow})
				began := time.Now()
				if err := inOneTurn(b, vm, `let a = []; for (let i = 0; i < 100; i++) a.push([i])`); err != nil {
					b.Fatal(err)
				}
				waits = append(waits, time.Since(began))
				vm.Abandon()
			}
			cancel()
			work.Wait()
			slices.Sort(waits)
			b.ReportMetric(float64(waits[len(waits)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(waits[len(waits)*99/100].Microseconds()), "p99-µs")
			b.ReportMetric(float64(waits[len(waits)-1].Microseconds()), "max-µs")
			b.ReportMetric(float64(ended), "cut")
			runtime.KeepAlive(warm)
		})
	}
}
