package js

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// The engine keeps the names of an object's properties in the order of their making, and
// puts those that are integers in front when something lists them, by insertion: for
// objects with many of them that is quadratic, and can't be stopped. What lists properties
// asks order first. That is the built-ins that do (guard_object.go), Go code (VM.Keys,
// JSON), and in scripts what is lowered (lower_spread.go).

// orderedByEngine bounds the work that is left to the engine: names to put in front times
// names to move.
const orderedByEngine = 1 << 20

// order puts the names of o's own properties into the order in which scripts see them.
func (vm *VM) order(o *goja.Object) {
	s := vm.platform.seam
	base := s.baseOf(o)
	if base == nil {
		return
	}
	names := (*[]unistring.String)(unsafe.Add(base, s.baseNames))
	ordered, integers := (*int)(unsafe.Add(base, s.baseOrdered)), (*int)(unsafe.Add(base, s.baseIntegers))
	tail := (*names)[*ordered:]
	if len(tail)*len(*names) <= orderedByEngine {
		return
	}
	var fresh []unistring.String
	others := make([]unistring.String, 0, len(tail))
	for i, name := range tail {
		if i&0xffff == 0 {
			vm.checkpoint()
		}
		if integerName(name) != notInteger {
			fresh = append(fresh, name)
		} else {
			others = append(others, name)
		}
	}
	compared := 0
	slices.SortFunc(fresh, func(a, b unistring.String) int {
		if compared++; compared&0xffff == 0 {
			vm.checkpoint()
		}
		return compareIntegers(a, b)
	})
	// Iterations that are under way keep the slice that was.
	all := make([]unistring.String, 0, len(*names))
	all = mergeIntegers(all, (*names)[:*integers], fresh)
	all = append(append(all, (*names)[*integers:*ordered]...), others...)
	*names, *ordered, *integers = all, len(all), *integers+len(fresh)
}

// mergeIntegers appends the names of a and b, both in order.
func mergeIntegers(all, a, b []unistring.String) []unistring.String {
	for len(a) > 0 && len(b) > 0 {
		if compareIntegers(a[0], b[0]) < 0 {
			all, a = append(all, a[0]), a[1:]
		} else {
			all, b = append(all, b[0]), b[1:]
		}
	}
	return append(append(all, a...), b...)
}

// compareIntegers compares names that are integers, as they are written without zeros in
// front.
func compareIntegers(a, b unistring.String) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// notInteger is no index of an array.
const notInteger = math.MaxUint32

// integerName returns the index of an array that name is, or notInteger.
//
// Spec: https://tc39.es/ecma262/#array-index
func integerName(name unistring.String) uint32 {
	if name == "" || name[0] < '0' || name[0] > '9' || name[0] == '0' && len(name) > 1 {
		return notInteger
	}
	n, err := strconv.ParseUint(string(name), 10, 32)
	if err != nil {
		return notInteger
	}
	return uint32(n)
}

// baseOf returns the baseObject that o's inside begins with, nil if it has none.
func (s *seam) baseOf(o *goja.Object) unsafe.Pointer {
	self := s.behind(o)
	if self.tab == s.plain {
		return self.data
	}
	for t := insides(o); t != s.base; t = t.Field(0).Type {
		if t.Kind() != reflect.Struct || t.NumField() == 0 || !t.Field(0).Anonymous {
			return nil
		}
	}
	return self.data
}
