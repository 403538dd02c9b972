package js

import (
	"slices"
	"strings"

	"github.com/dop251/goja"
)

// record gives add each name and value of a record of strings, which any object is.
//
// Spec: https://webidl.spec.whatwg.org/#js-record
func (vm *VM) record(o *goja.Object, add func(name, value string) error) error {
	s := vm.platform.seam
	if s.behind(o).tab != s.plain || len(o.Symbols()) > 0 {
		return vm.oddRecord(o, add)
	}
	names := vm.Keys(o)
	if slices.ContainsFunc(names, func(name string) bool { return strings.Contains(name, "\uFFFD") }) {
		return vm.oddRecord(o, add)
	}
	for _, name := range names {
		vm.checkpoint()
		if err := add(name, vm.String(o.Get(name))); err != nil {
			return err
		}
	}
	return nil
}

// oddRecord is record for an o that is a Proxy, that has symbols, or whose names are not
// all well-formed: names that become the same are one.
func (vm *VM) oddRecord(o *goja.Object, add func(name, value string) error) error {
	if vm.elementCount(o) > keysMax {
		return RangeError("%s", arrayTooLong)
	}
	reflect := vm.Intrinsic("Reflect")
	describe := vm.Get(reflect, "getOwnPropertyDescriptor")
	keys := vm.Invoke(vm.Get(reflect, "ownKeys"), reflect, o)
	var names, values []string
	index := make(map[string]int)
	for i := range int(vm.Int(vm.Get(keys, "length"))) {
		vm.checkpoint()
		key := vm.Index(keys, i)
		if !vm.Get(vm.Invoke(describe, reflect, o, key), "enumerable").ToBoolean() {
			continue
		}
		name := vm.String(key)
		value := vm.String(vm.Invoke(vm.Get(reflect, "get"), reflect, o, key))
		if at, ok := index[name]; ok {
			values[at] = value
			continue
		}
		index[name] = len(names)
		names, values = append(names, name), append(values, value)
	}
	for i, name := range names {
		vm.checkpoint()
		if err := add(name, values[i]); err != nil {
			return err
		}
	}
	return nil
}
