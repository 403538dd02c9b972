package wasm

import "github.com/skerry-edge/skerry/isolate/js"

// values are what modules hold of JavaScript (externref): a module has the number of a value.
// 0 is null.
type values struct {
	list    []js.Value // by number, less one; nil: free
	free    []uint32   // numbers that are free
	objects map[*js.Object]uint32
	limit   int // how many there may be until unused ones are looked for
}

// valuesMin is how many values there are before unused ones are looked for.
const valuesMin = 1 << 10

// put returns the number of v, the same for the same object.
func (vs *values) put(v js.Value) uint64 {
	if v == js.Null {
		return 0
	}
	o, isObject := v.(*js.Object)
	if isObject {
		if n, ok := vs.objects[o]; ok {
			return uint64(n)
		}
	}
	var n uint32
	if last := len(vs.free) - 1; last >= 0 {
		n = vs.free[last]
		vs.free = vs.free[:last]
		vs.list[n-1] = v
	} else {
		vs.list = append(vs.list, v)
		n = uint32(len(vs.list))
	}
	if isObject {
		if vs.objects == nil {
			vs.objects = make(map[*js.Object]uint32)
		}
		vs.objects[o] = n
	}
	return uint64(n)
}

func (vs *values) get(n uint64) js.Value {
	if n == 0 {
		return js.Null
	}
	return vs.list[n-1]
}

// due says whether it is time to look for values that are not used any more.
func (vs *values) due() bool {
	return len(vs.list)-len(vs.free) >= max(vs.limit, valuesMin)
}

// keep forgets all values but those whose numbers are in used.
func (vs *values) keep(used map[uint64]bool) {
	for i, v := range vs.list {
		if n := uint32(i + 1); v != nil && !used[uint64(n)] {
			vs.list[i] = nil
			vs.free = append(vs.free, n)
			if o, ok := v.(*js.Object); ok {
				delete(vs.objects, o)
			}
		}
	}
	vs.limit = 2 * (len(vs.list) - len(vs.free))
}

// sweep forgets the values that no table and no global holds. No code of a module may be
// running.
func (s *store) sweep() error {
	used := make(map[uint64]bool)
	for _, t := range s.tables {
		if t.typ.element != typeExternref {
			continue
		}
		n, err := t.length()
		if err != nil {
			return err
		}
		steps := s.vm.Steps()
		for i := range n {
			steps.Done(16)
			bits, err := t.at(i)
			if err != nil {
				return err
			}
			used[bits] = true
		}
	}
	for _, v := range s.variables {
		if v.typ.value == typeExternref {
			used[v.global.Get()] = true
		}
	}
	s.values.keep(used)
	return nil
}
