package js

import (
	"strconv"

	"github.com/dop251/goja"
)

// internalize gives a reviver each value of what was parsed, the inner ones first.
//
// Spec: https://tc39.es/ecma262/#sec-internalizejsonproperty
func (vm *VM) internalize(reviver native, holder *goja.Object, key goja.Value, depth int) goja.Value {
	if depth > jsonDepthMax {
		panic(vm.exception(RangeError("JSON is nested more than %d deep", jsonDepthMax)))
	}
	vm.checkpoint()
	v := orUndefined(getKey(holder, key, nil))
	if o, ok := v.(*goja.Object); ok {
		element := func(key goja.Value) {
			if e := vm.internalize(reviver, o, key, depth+1); IsUndefined(e) {
				deleteKey(o, key, false)
			} else {
				redefineKey(o, key, e)
			}
		}
		length, typed := vm.platform.seam.typedLength(o)
		if isArray(o) {
			length = int(toLength(vm.platform.seam.getNamed(o, "length")))
		}
		for i := range length {
			element(stringValue(strconv.Itoa(i)))
		}
		if !typed && !isArray(o) {
			for _, name := range vm.enumerable(nil, o) {
				element(stringOfName(name))
			}
		}
	}
	return orUndefined(reviver(goja.FunctionCall{This: holder, Arguments: []goja.Value{key, v}}))
}
