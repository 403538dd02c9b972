package js

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestCheckpoint: Go code that a script called ends with the turn, and no script can catch
// that.
func TestCheckpoint(t *testing.T) {
	t.Parallel()
	p, err := NewPlatform()
	if err != nil {
		t.Fatal(err)
	}
	turns := NewTurns(TurnsConfig{})
	defer turns.Close()
	for _, src := range []string{
		`work()`,
		`for (;;) try { work() } catch { } finally { continue }`,
		`[1].map(() => { try { work() } catch { } })`,
		`Promise.resolve().then(work).catch(() => { caught() }); return`,
		`(async () => { try { await 0; work() } catch { caught() } })()`,
		`String({ toString: work })`,
	} {
		vm := p.NewVM(Config{Turns: turns})
		vm.Meter().Reset(Account{CPU: 20 * time.Millisecond})
		vm.SetGlobal("work", vm.NewFunction("work", 0, func(*Call) (any, error) {
			for {
				vm.checkpoint()
			}
		}))
		vm.SetGlobal("caught", vm.NewFunction("caught", 0, func(*Call) (any, error) {
			t.Errorf("%s: was caught", src)
			return nil, nil
		}))
		program, err := CompileFunction("test.js", src, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		err = vm.Enter(context.Background(), func() {
			if _, err := vm.Evaluate(program); err != nil {
				t.Errorf("%s: got the exception %v", src, err)
			}
		})
		if !errors.Is(err, ErrCPU) || !errors.Is(vm.Ended(), ErrCPU) {
			t.Errorf("%s: got %v, ended by %v; want %v", src, err, vm.Ended(), ErrCPU)
		}
	}
}

// A panic while an interrupt unwinds the engine is the interrupt's.
func TestPanicUnderAnInterrupt(t *testing.T) {
	t.Parallel()
	p, err := NewPlatform()
	if err != nil {
		t.Fatal(err)
	}
	for _, interrupted := range []bool{true, false} {
		vm := p.NewVM(Config{})
		err := vm.Enter(t.Context(), func() {
			if interrupted {
				vm.cut(ErrCPU)
			}
			panic("nil pointer")
		})
		var broken *PanicError
		if errors.Is(err, ErrCPU) != interrupted || errors.As(err, &broken) == interrupted {
			t.Errorf("interrupted: %v, got %v", interrupted, err)
		}
	}
}
