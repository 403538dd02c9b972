package js

import (
	"math/rand/v2"
	"time"

	"github.com/dop251/goja"
)

// watched is what scripts have asked for that differs from one VM to the next.
type watched struct {
	on     bool
	source string // what they have asked for first; "": nothing
	bound  map[*goja.Object][]goja.Value
}

// watchSources is Config.Watched.
func (vm *VM) watchSources() {
	vm.rarely().watched.on = true
	vm.rt.SetTimeSource(func() time.Time { vm.Varies("the time"); return time.Now() })
	vm.rt.SetRandSource(func() float64 { vm.Varies("a random number"); return rand.Float64() })
}

// Varies notes that a script is given source, which is another in each VM or at each moment: no
// image is taken of the VM then.
func (vm *VM) Varies(source string) {
	if vm.rare != nil && vm.rare.watched.source == "" {
		vm.rare.watched.source = source
	}
}

// noteBound notes what a function was bound of, and to: the engine keeps that where nothing
// finds it.
func (vm *VM) noteBound(o *goja.Object, c goja.FunctionCall) {
	if vm.rare == nil || !vm.rare.watched.on {
		return
	}
	w := &vm.rare.watched
	if w.bound == nil {
		w.bound = make(map[*goja.Object][]goja.Value)
	}
	w.bound[o] = append([]goja.Value{c.This}, c.Arguments...)
}
