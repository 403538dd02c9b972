package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

// cases is what both engines run; its first lines say how it is written.
//
//go:embed cases.js
var cases string

// What an event may use and a worker's collector is set to: see cmd/skerry.
const (
	memoryBytes = 64 << 20
	gcPercent   = 400
)

// benchCase is what the Go side knows of a case.
type benchCase struct {
	name    string
	note    string
	bound   float64 // how many times Node's time is accepted; 0: any
	missing bool    // the isolate has no such API
}

// isolate is the one VM that all cases run in, as with isolation = "reuse".
type isolate struct {
	ctx        context.Context
	turns      *js.Turns
	vm         *js.VM
	cases      []benchCase
	suite      js.Value
	operations map[string]js.Value
}

func openIsolate(ctx context.Context) (*isolate, error) {
	debug.SetGCPercent(gcPercent)
	program, err := js.CompileFunction("cases.js", cases, nil, nil)
	if err != nil {
		return nil, err
	}
	platform, err := js.NewPlatform(webapi.All()...)
	if err != nil {
		return nil, err
	}
	i := &isolate{ctx: ctx, turns: js.NewTurns(js.TurnsConfig{}), operations: make(map[string]js.Value)}
	i.vm = platform.NewVM(js.Config{Turns: i.turns})
	err = i.event(func() (js.Value, error) { return i.vm.Evaluate(program) }, func(v js.Value) { i.suite = v })
	if err == nil {
		err = i.event(func() (js.Value, error) { return i.suite, nil }, i.list)
	}
	if err != nil {
		i.close()
		return nil, err
	}
	return i, nil
}

func (i *isolate) close() { i.turns.Close() }

// list reads the cases.
func (i *isolate) list(suite js.Value) {
	i.vm.ForOf(i.vm.Get(suite, "cases"), func(c js.Value) bool {
		b := benchCase{name: i.vm.String(i.vm.Get(c, "name")), bound: i.vm.Float(i.vm.Get(c, "bound"))}
		if note := i.vm.Get(c, "note"); !js.IsUndefined(note) {
			b.note = i.vm.String(note)
		}
		if needs := i.vm.Get(c, "needs"); !js.IsUndefined(needs) {
			b.missing = js.IsUndefined(i.vm.Invoke(needs, c))
		}
		i.cases = append(i.cases, b)
		return true
	})
}

// event runs f as an event with the caps of one, and gives done what its result, if that is
// a promise, settles to.
func (i *isolate) event(f func() (js.Value, error), done func(js.Value)) error {
	i.vm.Begin(i.ctx)
	i.vm.Meter().Reset(js.Account{CPU: time.Minute, MemoryBytes: memoryBytes})
	defer i.vm.Abandon()
	var v js.Value
	var thrown error
	if err := i.vm.Enter(i.ctx, func() { v, thrown = f() }); err != nil {
		return err
	}
	if thrown != nil {
		return thrown
	}
	var failed error
	if err := i.vm.Run(i.ctx, func() bool {
		state, settled := js.Peek(v)
		switch state {
		case js.Pending:
			return false
		case js.Rejected:
			i.vm.Unhandled()
			failed = errors.New(i.vm.ReportValue(settled).Message)
		case js.Fulfilled:
			done(settled)
		}
		return true
	}, nil); err != nil {
		return err
	}
	return failed
}

// call calls a function of cases.js, and gives done what it comes to.
func (i *isolate) call(done func(js.Value), of js.Value, name string, args ...any) error {
	return i.event(func() (js.Value, error) { return i.vm.Call(i.vm.Get(of, name), of, args...) }, done)
}

func (i *isolate) find(name string) (found js.Value, err error) {
	found = js.Undefined
	err = i.event(func() (js.Value, error) { return i.vm.Get(i.suite, "cases"), nil }, func(list js.Value) {
		i.vm.ForOf(list, func(c js.Value) bool {
			if i.vm.String(i.vm.Get(c, "name")) == name {
				found = c
			}
			return js.IsUndefined(found)
		})
	})
	if err == nil && js.IsUndefined(found) {
		err = fmt.Errorf("there is no case %q", name)
	}
	return found, err
}

// measure runs n operations in one event.
func (i *isolate) measure(name string, n int) (round, error) {
	c, err := i.find(name)
	if err != nil {
		return round{}, err
	}
	if i.operations[name] == nil {
		if err := i.call(func(v js.Value) { i.operations[name] = v }, c, "make"); err != nil {
			return round{}, err
		}
	}
	loop := "loop"
	if c := i.vm.Get(c, "async"); !js.IsUndefined(c) && c.ToBoolean() {
		loop = "asyncLoop"
	}
	var last js.Value
	cpu, start := usedCPU(), time.Now()
	if err := i.call(func(v js.Value) { last = v }, i.suite, loop, i.operations[name], n); err != nil {
		return round{}, err
	}
	r := round{n: n, wall: time.Since(start), cpu: usedCPU() - cpu}
	return r, i.call(func(v js.Value) { r.result = i.vm.String(v) }, c, "result", last)
}

// usedCPU is the CPU time that all threads of the process have used.
func usedCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // it has no other cause than a wrong argument
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
