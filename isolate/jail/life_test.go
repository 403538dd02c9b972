package jail_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/isolate/jail"
	"github.com/skerry-edge/skerry/isolate/jail/fence"
	"github.com/skerry-edge/skerry/kv/memory"
)

// hangMax is how long a test waits for what should come at once, on a machine that is busy.
const hangMax = 30 * time.Second

// until waits for condition.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(hangMax); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, hangMax)
		}
	}
}

func (n *node) lost() []jail.Loss {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]jail.Loss(nil), n.losses...)
}

// pid is the process of a function's jail.
func (n *node) pid(t *testing.T, function string) int {
	t.Helper()
	for _, s := range n.keeper.Status() {
		if s.Function == function && s.State == "serving" {
			return s.Pid
		}
	}
	t.Fatalf("%s has no jail: %+v", function, n.keeper.Status())
	return 0
}

func TestAJailServesManyEvents(t *testing.T) {
	t.Parallel()
	n := newNode(t, nil)
	f := n.function("f", handler(`let u = request.headers.get("n"); await new Promise(r => setTimeout(r)); return new Response(u.repeat(20000))`), func(m *bundles.Manifest) { m.Limits.CPUMillis = 5000 })
	var work sync.WaitGroup
	for i := range 50 {
		work.Go(func() {
			ev, done := event(fmt.Sprint(i))
			word := fmt.Sprintf("%05d", i)
			ev.Request.Header = []isolate.Field{{Name: "n", Value: word}}
			r, err := n.Dispatch(t.Context(), f, ev)
			if err != nil || string(r.Body) != strings.Repeat(word, 20000) {
				t.Errorf("event %d: %v", i, err)
			}
			if result := <-done; result.Outcome != isolate.OutcomeOK || result.Status != 200 {
				t.Errorf("event %d: %+v", i, result)
			}
		})
	}
	work.Wait()
	if s := n.keeper.Status(); len(s) != 1 || s[0].Channels != 1 {
		t.Errorf("the jails are %+v", s)
	}
}

// TestAJailWithAFence holds that a jail can do its work when it has given up all else, and
// takes channels afterwards.
func TestAJailWithAFence(t *testing.T) {
	t.Parallel()
	if available := fence.Available(); !available.InForce(fence.LayerSeccomp) {
		t.Skipf("SKIPPED: %s", available.Missing())
	}
	n := newNode(t, func(k *jail.KeeperConfig, _ *jail.PoolConfig) { k.Start = starter("fenced") })
	f := n.function("f", handler(`await env.KV.put("k", "x".repeat(1 << 20)); let r = await fetch("http://a.example/");
		console.log("line"); await new Promise(r => setTimeout(r, 5)); return new Response((await env.KV.get("k")) + r.status)`), func(m *bundles.Manifest) {
		m.KV = []bundles.KVBinding{{Binding: "KV", Namespace: "n"}}
		m.Limits.CPUMillis = 5000
	})
	for range 2 {
		other, err := jail.NewPool(jail.PoolConfig{Open: n.open, Load: n.load, Host: isolate.Host{KV: memory.New(memory.Config{}), Fetch: newEcho()}})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range []dispatcher{n, other} {
			ev, done := event("e")
			r, err := d.Dispatch(t.Context(), f, ev)
			if err != nil || len(r.Body) != 1<<20+3 {
				t.Fatal(r, err)
			}
			<-done
		}
		other.Close()
	}
	if s := n.keeper.Status(); len(s) != 1 {
		t.Errorf("the jails are %+v", s)
	}
}

func TestAJailThatIsKilled(t *testing.T) {
	t.Parallel()
	n := newNode(t, nil)
	waits := n.function("f", handler(`await fetch("http://a.example/wait")`))
	works := n.function("g", handler(`return new Response("g")`))
	if _, _, err := n.get(t, works); err != nil {
		t.Fatal(err)
	}
	ev, done := event("e")
	over := make(chan error, 1)
	go func() {
		_, err := n.Dispatch(t.Context(), waits, ev)
		over <- err
	}()
	until(t, "the event runs", func() bool {
		for _, s := range n.keeper.Status() {
			if s.Function == "f" && s.Events == 1 {
				return true
			}
		}
		return false
	})
	if err := syscall.Kill(n.pid(t, "f"), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := <-over; outcome(err) != isolate.OutcomeWorkerLost {
		t.Errorf("the event ended with %v", err)
	}
	if r := <-done; r.Outcome != isolate.OutcomeWorkerLost {
		t.Errorf("the event is over as %+v", r)
	}
	until(t, "the loss is known", func() bool { return len(n.lost()) == 1 })
	if l := n.lost()[0]; l.Function != "f" || l.Cause != "signal: killed" || l.Memory {
		t.Errorf("the loss is %+v", l)
	}
	if body, _, err := n.get(t, works); body != "g" || err != nil {
		t.Errorf("the neighbour answers %q, %v", body, err)
	}
	recovers(t, n, n.function("f", handler(`return new Response("f again")`)), "f again")
}

// recovers waits until the function answers again. An event may still be lost right after a
// jail's end: a process that is being forked then has the jail's end of the channel for a
// moment, and what is sent seems to arrive.
func recovers(t *testing.T, n *node, f *isolate.Target, want string) {
	t.Helper()
	until(t, "the function answers again", func() bool {
		body, _, err := n.get(t, f)
		if err != nil && outcome(err) != isolate.OutcomeWorkerLost {
			t.Fatalf("got %v", err)
		}
		return err == nil && body == want
	})
}

// TestAJailThatIsKilledIdle holds that nobody hears of it: the next event has another jail.
func TestAJailThatIsKilledIdle(t *testing.T) {
	t.Parallel()
	n := newNode(t, nil)
	f := n.function("f", handler(`return new Response("f")`))
	for range 5 {
		recovers(t, n, f, "f")
		pid := n.pid(t, "f")
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		until(t, "the jail is gone", func() bool { return len(n.keeper.Status()) == 0 })
	}
}

func TestTwoParentsOfOneJail(t *testing.T) {
	t.Parallel()
	n := newNode(t, nil)
	other, err := jail.NewPool(jail.PoolConfig{
		Open: n.open, Load: n.load,
		Host: isolate.Host{KV: memory.New(memory.Config{}), Console: func(l isolate.LogLine) {
			if !strings.HasPrefix(l.Message, "b") {
				t.Errorf("the second parent heard %q", l.Message)
			}
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	f := n.function("f", handler(`let word = request.headers.get("word"); console.log(word); await env.KV.put(word, word);
		return new Response(JSON.stringify((await env.KV.list()).keys.map(k => k.name)))`), func(m *bundles.Manifest) {
		m.KV = []bundles.KVBinding{{Binding: "KV", Namespace: "n"}}
	})
	for i := range 6 {
		for d, word := range map[dispatcher]string{n: "a", other: "b"} {
			ev, done := event("e")
			ev.Request.Header = []isolate.Field{{Name: "word", Value: word}}
			r, err := d.Dispatch(t.Context(), f, ev)
			if err != nil || string(r.Body) != `["`+word+`"]` {
				t.Fatalf("round %d of %s: %v, %v", i, word, r, err)
			}
			<-done
		}
	}
	if s := n.keeper.Status(); len(s) != 1 || s[0].Channels != 2 {
		t.Errorf("the jails are %+v", s)
	}
}

func TestIdleJailsEnd(t *testing.T) {
	t.Parallel()
	n := newNode(t, func(_ *jail.KeeperConfig, p *jail.PoolConfig) { p.IdleMax = 20 * time.Millisecond })
	f := n.function("f", handler(`return new Response("f")`))
	for range 2 {
		if body, _, err := n.get(t, f); body != "f" || err != nil {
			t.Fatal(body, err)
		}
		until(t, "the jail is gone", func() bool { return len(n.keeper.Status()) == 0 })
	}
	if l := n.lost(); len(l) > 0 {
		t.Errorf("losses %+v", l)
	}
}

// TestJailsMakeRoom holds that the one used longest ago ends for another, and that none does
// while all of them work.
func TestJailsMakeRoom(t *testing.T) {
	t.Parallel()
	n := newNode(t, func(k *jail.KeeperConfig, _ *jail.PoolConfig) { k.JailsMax = 2 })
	n.keeper.Settle(time.Millisecond)
	for i := range 6 {
		name := fmt.Sprint("f", i%3)
		body, _, err := n.get(t, n.function(name, handler(`return new Response("`+name+`")`)))
		if err != nil || body != name {
			t.Fatalf("%s: %q, %v", name, body, err)
		}
		time.Sleep(2 * time.Millisecond) // until it has settled
		if s := n.keeper.Status(); len(s) > 2 {
			t.Fatalf("the jails are %+v", s)
		}
	}
	if l := n.lost(); len(l) > 0 {
		t.Errorf("losses %+v", l)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	for _, name := range []string{"w1", "w2"} {
		w := n.function(name, handler(`await fetch("http://a.example/wait")`))
		work.Go(func() {
			ev, done := event("e")
			if _, err := n.Dispatch(ctx, w, ev); outcome(err) != isolate.OutcomeCanceled {
				t.Error(err)
			}
			<-done
		})
	}
	until(t, "both work", func() bool {
		s := n.keeper.Status()
		return len(s) == 2 && s[0].Events == 1 && s[1].Events == 1
	})
	if _, r, err := n.get(t, n.function("f9", handler(`return new Response()`))); outcome(err) != isolate.OutcomeOverloaded || r.Outcome != isolate.OutcomeOverloaded {
		t.Errorf("one too many ended with %v", err)
	}
	cancel()
	work.Wait()
}

func TestFunctionsThatAreHeldBack(t *testing.T) {
	t.Parallel()
	n := newNode(t, func(k *jail.KeeperConfig, _ *jail.PoolConfig) {
		k.Admit = func(function string) error { return fmt.Errorf("%s: %w", function, jail.ErrRefused) }
	})
	_, r, err := n.get(t, n.function("f", handler(``)))
	if outcome(err) != isolate.OutcomeQuarantined || r.Outcome != isolate.OutcomeQuarantined {
		t.Errorf("got %v, %+v", err, r)
	}
}

func TestJailsThatDoNotStart(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, how string
		max       time.Duration
		want      string
	}{
		{"it exits", "broken", hangMax, "exit status 7"},
		{"it says nothing", "silent", 50 * time.Millisecond, "did not serve within 50ms"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			n := newNode(t, func(k *jail.KeeperConfig, _ *jail.PoolConfig) { k.Start, k.StartMax = starter(tc.how), tc.max })
			_, _, err := n.get(t, n.function("f", handler(``)))
			var f *isolate.Failure
			if !errors.As(err, &f) || f.Outcome != isolate.OutcomeInternal || !strings.Contains(f.Detail, tc.want) {
				t.Errorf("got %v (%+v)", err, f)
			}
			if err := n.keeper.Check(t.Context(), &bundles.Bundle{}); err == nil || errors.As(err, &f) && f.Outcome == isolate.OutcomeExceededStart {
				t.Errorf("a check says %v", err)
			}
			if l := n.lost(); len(l) > 0 {
				t.Errorf("losses %+v: no function is to blame", l)
			}
		})
	}
}

// TestTurnsThatRunOver holds that a keeper kills a jail when it is told to.
func TestTurnsThatRunOver(t *testing.T) {
	t.Parallel()
	var condemned sync.Map
	n := newNode(t, func(k *jail.KeeperConfig, _ *jail.PoolConfig) {
		k.Overrun = func(p jail.Process) string {
			if _, ok := condemned.Load(p.Pid()); ok {
				return "a turn ran over"
			}
			return ""
		}
	})
	f := n.function("f", handler(`return new Response("f")`))
	if _, _, err := n.get(t, f); err != nil {
		t.Fatal(err)
	}
	condemned.Store(n.pid(t, "f"), true)
	until(t, "the loss is known", func() bool { return len(n.lost()) == 1 })
	if l := n.lost()[0]; l.Cause != "a turn ran over" {
		t.Errorf("the loss is %+v", l)
	}
	recovers(t, n, f, "f")
}

func TestFaultsKill(t *testing.T) {
	t.Parallel()
	n := newNode(t, nil)
	f := n.function("f", handler(`return new Response("f")`))
	if _, _, err := n.get(t, f); err != nil {
		t.Fatal(err)
	}
	n.keeper.Fault("another", "nothing")
	n.keeper.Fault("f", "it lied")
	until(t, "the loss is known", func() bool { return len(n.lost()) == 1 })
	if l := n.lost()[0]; l.Cause != "it lied" || l.Function != "f" {
		t.Errorf("the loss is %+v", l)
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	n := newNode(t, nil)
	f := n.function("f", handler(`await fetch("http://a.example/wait")`))
	ev, done := event("e")
	over := make(chan error, 1)
	go func() {
		_, err := n.Dispatch(t.Context(), f, ev)
		over <- err
	}()
	until(t, "the event runs", func() bool { s := n.keeper.Status(); return len(s) == 1 && s[0].Events == 1 })
	if err := n.Pool.Close(); err != nil {
		t.Error(err)
	}
	if err := <-over; outcome(err) != isolate.OutcomeCanceled {
		t.Errorf("the event ended with %v", err)
	}
	<-done
	if _, r, err := n.get(t, f); outcome(err) != isolate.OutcomeCanceled || r.Outcome != isolate.OutcomeCanceled {
		t.Errorf("after Close: %v", err)
	}
	if err := n.keeper.Close(); err != nil {
		t.Error(err)
	}
	if _, err := n.keeper.Open(t.Context(), "f"); !errors.Is(err, jail.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	n := newNode(t, nil)
	for _, tc := range []struct {
		name, script string
		outcome      isolate.Outcome
		want         string
	}{
		{"a bundle that runs", handler(`return new Response()`), "ok", ""},
		{"a bundle that throws", `throw new TypeError("no")`, "exception", "TypeError: no"},
		{"no JavaScript", `let = ;`, "exception", "SyntaxError"},
		{"a busy bundle", `for (;;) {}`, "exceeded_startup", "CPU"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			err := n.keeper.Check(t.Context(), &bundles.Bundle{Manifest: bundles.Manifest{Name: "f"}, Script: []byte(tc.script)})
			if outcome(err) != tc.outcome || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v", err)
			}
		})
	}
	if l := n.lost(); len(l) > 0 {
		t.Errorf("losses %+v", l)
	}
}

// TestCheckThatKills holds that a process that dies of a bundle, or does nothing, is the
// bundle's failure.
func TestCheckThatKills(t *testing.T) {
	t.Parallel()
	n := newNode(t, func(k *jail.KeeperConfig, _ *jail.PoolConfig) {
		start := k.Start
		k.Start = func(ctx context.Context, s jail.Spec) (jail.Process, error) {
			p, err := start(ctx, s)
			if err == nil {
				time.AfterFunc(100*time.Millisecond, p.Kill)
			}
			return p, err
		}
	})
	busy := &bundles.Bundle{Manifest: bundles.Manifest{Name: "f"}, Script: []byte(`await new Promise(r => setTimeout(r, 4000));` + handler(``))}
	var f *isolate.Failure
	if err := n.keeper.Check(t.Context(), busy); !errors.As(err, &f) || f.Outcome != isolate.OutcomeExceededStart {
		// A process that was killed before it served says nothing of the bundle.
		if err == nil || !strings.Contains(err.Error(), "start the jail") {
			t.Errorf("got %v", err)
		}
	}
	ours, theirs := net.Pipe()
	defer theirs.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := jail.Check(ctx, ours, []byte("x")); !errors.As(err, &f) || f.Outcome != isolate.OutcomeExceededStart {
		t.Errorf("got %v", err)
	}
}

// TestEventsThatNothingEnds holds that they are answered by name, that others of the jail come
// to their end, and that the next has another jail.
func TestEventsThatNothingEnds(t *testing.T) {
	t.Parallel()
	n := newNode(t, func(k *jail.KeeperConfig, _ *jail.PoolConfig) {
		k.Start, k.DrainMax = starter("sticky"), hangMax
	})
	for _, tc := range []struct {
		name, script, want string
		outcome            isolate.Outcome
	}{
		{"in the handler", handler(`console.log("stick")`), "limits.cpu_ms", isolate.OutcomeExceededCPU},
		{"at the top level", `console.log("stick"); ` + handler(``), "top level", isolate.OutcomeExceededStart},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := n.function(tc.name, tc.script, func(m *bundles.Manifest) { m.Limits.CPUMillis = 10 })
			f.Function = tc.name
			for range 2 {
				_, r, err := n.get(t, f)
				if outcome(err) != tc.outcome || r.Outcome != tc.outcome || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("ended with %v, %+v", err, r)
				}
			}
			until(t, "the losses are known", func() bool {
				lost := 0
				for _, l := range n.lost() {
					if l.Function == tc.name {
						lost++
					}
				}
				return lost == 2
			})
		})
	}
}
