package wasm

import (
	"github.com/tetratelabs/wazero/api"

	"github.com/skerry-edge/skerry/isolate/js"
)

const elementBytes = 8

// tableClass is WebAssembly.Table.
//
// Spec: https://webassembly.github.io/spec/js-api/#tables
var tableClass = js.Class[table]{
	Name:        "Table",
	Tag:         "WebAssembly.Table",
	Constructor: newTable,
	Length:      1,
	Members: []js.Member[table]{
		js.Method("grow", 1, (*table).grow),
		js.Method("get", 1, (*table).get),
		js.Do("set", 1, (*table).set),
		js.Getter("length", func(t *table, _ *js.Call) (any, error) {
			n, err := t.length()
			return int64(n), err
		}),
	},
}

// table is a table of a module, or one that a script made.
type table struct {
	js.Instance
	store  *store
	typ    tableType
	module api.Module // exports it
	index  int        // under this number
	view   api.Module // a module with functions that work on it; nil: none was made yet. Exports it as its first

	getter, setter, sizer, grower api.Function // of view
}

// most is how many elements t may have.
func (t *table) most() uint32 {
	if t.typ.bounded {
		return min(t.typ.max, tableElementsMax)
	}
	return tableElementsMax
}

func newTable(c *js.Call) (*table, error) {
	s, err := storeOf(c.VM)
	if err != nil {
		return nil, err
	}
	t := &table{store: s}
	switch name := c.VM.String(c.VM.Get(c.Arg(0), "element")); name {
	case "anyfunc", "funcref":
		t.typ.element = typeFuncref
	case "externref":
		t.typ.element = typeExternref
	default:
		return nil, js.TypeError("Table: the elements can't be of type %q; there are anyfunc and externref", clip(name))
	}
	if t.typ.limits, err = limitsOf(c.VM, c.Arg(0), tableElementsMax); err != nil {
		return nil, err
	}
	code, err := s.library.make(tableModule(t.typ.element, -1))
	if err != nil {
		return nil, err
	}
	if t.view, err = s.instantiate(code, nil, nil); err != nil {
		return nil, err
	}
	t.module = t.view
	s.tables = append(s.tables, t)
	value, err := t.initial(c, 1)
	if err != nil {
		return nil, err
	}
	return t, t.growBy(t.typ.min, value)
}

// initial converts argument i to an element: the type's default if it is not given.
func (t *table) initial(c *js.Call, i int) (uint64, error) {
	if c.Len() <= i || t.typ.element == typeFuncref && !c.Given(i) {
		return t.store.defaultBits(t.typ.element), nil
	}
	return t.store.toWasm(c.Arg(i), t.typ.element)
}

// open makes what t is looked into by.
func (t *table) open() error {
	if t.getter != nil {
		return nil
	}
	if t.view == nil {
		code, err := t.store.library.make(tableModule(t.typ.element, t.index))
		if err != nil {
			return err
		}
		t.view, err = t.store.instantiate(code, func(string) api.Module { return t.module }, nil)
		if err != nil {
			return err
		}
	}
	t.getter, t.setter = t.view.ExportedFunction(getName), t.view.ExportedFunction(setName)
	t.sizer, t.grower = t.view.ExportedFunction(sizeName), t.view.ExportedFunction(growTableName)
	return nil
}

// first returns a module that exports t as its first table.
func (t *table) first() (api.Module, error) {
	if t.index == 0 {
		return t.module, nil
	}
	err := t.open()
	return t.view, err
}

func (t *table) length() (uint32, error) {
	if err := t.open(); err != nil {
		return 0, err
	}
	var stack [1]uint64
	err := t.store.call(t.sizer, stack[:])
	return uint32(stack[0]), err
}

// at returns element i, which exists.
func (t *table) at(i uint32) (uint64, error) {
	if err := t.open(); err != nil {
		return 0, err
	}
	stack := [1]uint64{uint64(i)}
	err := t.store.call(t.getter, stack[:])
	return stack[0], err
}

// place converts argument i to the place of an element.
func (t *table) place(c *js.Call, i int) (uint32, error) {
	at, err := unsigned(c.VM, c.Arg(i), "the index")
	if err != nil {
		return 0, err
	}
	n, err := t.length()
	if err == nil && at >= n {
		err = js.RangeError("Table: there is no element %d: the length is %d", at, n)
	}
	return at, err
}

func (t *table) get(c *js.Call) (any, error) {
	i, err := t.place(c, 0)
	if err != nil {
		return nil, err
	}
	bits, err := t.at(i)
	if err != nil {
		return nil, err
	}
	return t.store.toJS(bits, t.typ.element)
}

// Spec: https://webassembly.github.io/spec/js-api/#dom-table-set
func (t *table) set(c *js.Call) error {
	i, err := t.place(c, 0)
	if err != nil {
		return err
	}
	bits, err := t.initial(c, 1)
	if err != nil {
		return err
	}
	return t.store.call(t.setter, []uint64{uint64(i), bits})
}

// grow returns how many elements there were.
//
// Spec: https://webassembly.github.io/spec/js-api/#dom-table-grow
func (t *table) grow(c *js.Call) (any, error) {
	by, err := unsigned(c.VM, c.Arg(0), "the number of elements")
	if err != nil {
		return nil, err
	}
	bits, err := t.initial(c, 1)
	if err != nil {
		return nil, err
	}
	n, err := t.length()
	if err != nil {
		return nil, err
	}
	return int64(n), t.growBy(by, bits)
}

func (t *table) growBy(by uint32, value uint64) error {
	n, err := t.length()
	if err != nil {
		return err
	}
	if uint64(n)+uint64(by) > uint64(t.most()) {
		return js.RangeError("Table: %d more elements are too many for a maximum of %d", by, t.most())
	}
	t.store.vm.Allocate(int64(n+by)*elementBytes, "the table")
	stack := [2]uint64{value, uint64(by)}
	if err := t.store.call(t.grower, stack[:]); err != nil {
		return err
	}
	if int32(stack[0]) < 0 && by > 0 {
		return js.RangeError("the table can't grow by %d elements", by)
	}
	return nil
}
