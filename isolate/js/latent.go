package js

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// latent stands behind an object of goja's that has not been touched yet. Whatever goja asks
// of the object, its inside is made first, and is behind it from then on. See [Image].
//
// goja dispatches on an interface, objectImpl. objectMethods has methods of the same names and
// of the same shapes, so that the two are the same in memory: latentTable is *latent's table
// for goja's interface, and what is behind an object can be called by ours.
type latent struct {
	object *goja.Object
	copies *copies
	id     int32
}

// objectMethods is goja's objectImpl. Types that goja does not export are here what they are
// in memory; newLatentTable compares the two.
type objectMethods interface {
	_putProp(name unistring.String, v goja.Value, writable, enumerable, configurable bool) goja.Value
	_putSym(s *goja.Symbol, v goja.Value)
	assertCallable() (native, bool)
	assertConstructor() constructor
	className() string
	defineOwnPropertyIdx(i int64, d goja.PropertyDescriptor, throw bool) bool
	defineOwnPropertyStr(name unistring.String, d goja.PropertyDescriptor, throw bool) bool
	defineOwnPropertySym(s *goja.Symbol, d goja.PropertyDescriptor, throw bool) bool
	deleteIdx(i int64, throw bool) bool
	deleteStr(name unistring.String, throw bool) bool
	deleteSym(s *goja.Symbol, throw bool) bool
	equal(other objectMethods) bool
	export(context unsafe.Pointer) any
	exportToArrayOrSlice(to reflect.Value, t reflect.Type, context unsafe.Pointer) error
	exportToMap(to reflect.Value, t reflect.Type, context unsafe.Pointer) error
	exportType() reflect.Type
	getIdx(i int64, receiver goja.Value) goja.Value
	getOwnPropIdx(i int64) goja.Value
	getOwnPropStr(name unistring.String) goja.Value
	getOwnPropSym(s *goja.Symbol) goja.Value
	getPrivateEnv(t unsafe.Pointer, create bool) unsafe.Pointer
	getStr(name unistring.String, receiver goja.Value) goja.Value
	getSym(s *goja.Symbol, receiver goja.Value) goja.Value
	hasInstance(v goja.Value) bool
	hasOwnPropertyIdx(i int64) bool
	hasOwnPropertyStr(name unistring.String) bool
	hasOwnPropertySym(s *goja.Symbol) bool
	hasPropertyIdx(i int64) bool
	hasPropertyStr(name unistring.String) bool
	hasPropertySym(s *goja.Symbol) bool
	isExtensible() bool
	iterateKeys() unsafe.Pointer
	iterateStringKeys() unsafe.Pointer
	iterateSymbols() unsafe.Pointer
	keys(all bool, to []goja.Value) []goja.Value
	preventExtensions(throw bool) bool
	proto() *goja.Object
	setForeignIdx(i int64, v, receiver goja.Value, throw bool) (bool, bool)
	setForeignStr(name unistring.String, v, receiver goja.Value, throw bool) (bool, bool)
	setForeignSym(s *goja.Symbol, v, receiver goja.Value, throw bool) (bool, bool)
	setOwnIdx(i int64, v goja.Value, throw bool) bool
	setOwnStr(name unistring.String, v goja.Value, throw bool) bool
	setOwnSym(s *goja.Symbol, v goja.Value, throw bool) bool
	setProto(o *goja.Object, throw bool) bool
	sortGet(i int) goja.Value
	sortLen() int
	stringKeys(all bool, to []goja.Value) []goja.Value
	swap(i, j int)
	symbols(all bool, to []goja.Value) []goja.Value
	typeOf() goja.String
	vmCall(vm unsafe.Pointer, n int)
}

// methodTable is what an interface of objectMethods' size has for a type: Go's itab.
type methodTable struct {
	of, typ unsafe.Pointer
	hash    uint32
	methods [51]uintptr // of code
}

// newLatentTable makes what goja's interface has for *latent. like is what it has for another
// type.
func newLatentTable(like unsafe.Pointer) (*methodTable, error) {
	theirs, ours := reflect.TypeFor[goja.Object]().Field(0).Type, reflect.TypeFor[objectMethods]()
	if theirs.Kind() != reflect.Interface || theirs.NumMethod() != ours.NumMethod() {
		return nil, fmt.Errorf("goja's objects have %d methods, not %d", theirs.NumMethod(), ours.NumMethod())
	}
	for i := range theirs.NumMethod() {
		their, our := theirs.Method(i), ours.Method(i)
		if their.Name != our.Name || !sameCall(their.Type, our.Type) {
			return nil, fmt.Errorf("goja's objects have a method %s, %s", their.Name, their.Type)
		}
	}
	var own objectMethods = new(latent)
	table := *(*methodTable)((*iface)(unsafe.Pointer(&own)).tab)
	table.of = (*methodTable)(like).of
	for i, m := range latentMethods() {
		code := reflect.ValueOf(m).Pointer()
		if name := runtime.FuncForPC(code).Name(); !strings.HasSuffix(name, "."+ours.Method(i).Name) {
			return nil, fmt.Errorf("method %d of latent objects is %s", i, name)
		}
		table.methods[i] = code
	}
	if plain := (*methodTable)(like); plain.typ == nil || plain.hash == 0 {
		return nil, errors.New("interfaces are not kept as they were")
	}
	return &table, nil
}

// latentMethods are the methods of latent objects, in the order of objectMethods. The linker
// leaves out what nothing mentions.
func latentMethods() []any {
	return []any{
		(*latent)._putProp, (*latent)._putSym, (*latent).assertCallable, (*latent).assertConstructor,
		(*latent).className, (*latent).defineOwnPropertyIdx, (*latent).defineOwnPropertyStr,
		(*latent).defineOwnPropertySym, (*latent).deleteIdx, (*latent).deleteStr, (*latent).deleteSym,
		(*latent).equal, (*latent).export, (*latent).exportToArrayOrSlice, (*latent).exportToMap,
		(*latent).exportType, (*latent).getIdx, (*latent).getOwnPropIdx, (*latent).getOwnPropStr,
		(*latent).getOwnPropSym, (*latent).getPrivateEnv, (*latent).getStr, (*latent).getSym,
		(*latent).hasInstance, (*latent).hasOwnPropertyIdx, (*latent).hasOwnPropertyStr,
		(*latent).hasOwnPropertySym, (*latent).hasPropertyIdx, (*latent).hasPropertyStr, (*latent).hasPropertySym,
		(*latent).isExtensible, (*latent).iterateKeys, (*latent).iterateStringKeys, (*latent).iterateSymbols,
		(*latent).keys, (*latent).preventExtensions, (*latent).proto, (*latent).setForeignIdx,
		(*latent).setForeignStr, (*latent).setForeignSym, (*latent).setOwnIdx, (*latent).setOwnStr,
		(*latent).setOwnSym, (*latent).setProto, (*latent).sortGet, (*latent).sortLen, (*latent).stringKeys,
		(*latent).swap, (*latent).symbols, (*latent).typeOf, (*latent).vmCall,
	}
}

// sameCall says whether functions of these types are called in the same way.
func sameCall(a, b reflect.Type) bool {
	if a.NumIn() != b.NumIn() || a.NumOut() != b.NumOut() {
		return false
	}
	for i := range a.NumIn() {
		if !sameWords(a.In(i), b.In(i)) {
			return false
		}
	}
	for i := range a.NumOut() {
		if !sameWords(a.Out(i), b.Out(i)) {
			return false
		}
	}
	return true
}

// sameWords says whether values of these types are the same in memory and in registers.
func sameWords(theirs, ours reflect.Type) bool {
	switch {
	case theirs == ours:
		return true
	case ours.Kind() == reflect.UnsafePointer:
		return theirs.Kind() == reflect.Pointer || theirs.Kind() == reflect.Func
	case ours.Kind() == reflect.Interface:
		return theirs.Kind() == reflect.Interface && ours.NumMethod() == theirs.NumMethod()
	default:
		return theirs.Kind() == ours.Kind() && theirs.ConvertibleTo(ours)
	}
}

// methodsOf returns what is behind o.
func (s *seam) methodsOf(o *goja.Object) objectMethods {
	return *(*objectMethods)(unsafe.Pointer(selfWord(o, s.objectSelf)))
}

// self returns what is behind l's object, which it makes if need be.
func (l *latent) self() objectMethods {
	s := l.copies.image.platform.seam
	if self := selfWord(l.object, s.objectSelf); self.data == unsafe.Pointer(l) {
		l.copies.fill(l.id)
	}
	return s.methodsOf(l.object)
}

func (l *latent) _putProp(name unistring.String, v goja.Value, writable, enumerable, configurable bool) goja.Value {
	return l.self()._putProp(name, v, writable, enumerable, configurable)
}
func (l *latent) _putSym(s *goja.Symbol, v goja.Value)  { l.self()._putSym(s, v) }
func (l *latent) assertCallable() (native, bool)        { return l.self().assertCallable() }
func (l *latent) assertConstructor() constructor        { return l.self().assertConstructor() }
func (l *latent) className() string                     { return l.self().className() }
func (l *latent) deleteIdx(i int64, throw bool) bool    { return l.self().deleteIdx(i, throw) }
func (l *latent) equal(other objectMethods) bool        { return l.self().equal(other) }
func (l *latent) export(context unsafe.Pointer) any     { return l.self().export(context) }
func (l *latent) exportType() reflect.Type              { return l.self().exportType() }
func (l *latent) getOwnPropIdx(i int64) goja.Value      { return l.self().getOwnPropIdx(i) }
func (l *latent) hasInstance(v goja.Value) bool         { return l.self().hasInstance(v) }
func (l *latent) hasOwnPropertyIdx(i int64) bool        { return l.self().hasOwnPropertyIdx(i) }
func (l *latent) hasOwnPropertySym(s *goja.Symbol) bool { return l.self().hasOwnPropertySym(s) }
func (l *latent) hasPropertyIdx(i int64) bool           { return l.self().hasPropertyIdx(i) }
func (l *latent) hasPropertySym(s *goja.Symbol) bool    { return l.self().hasPropertySym(s) }
func (l *latent) isExtensible() bool                    { return l.self().isExtensible() }
func (l *latent) iterateKeys() unsafe.Pointer           { return l.self().iterateKeys() }
func (l *latent) iterateStringKeys() unsafe.Pointer     { return l.self().iterateStringKeys() }
func (l *latent) iterateSymbols() unsafe.Pointer        { return l.self().iterateSymbols() }
func (l *latent) preventExtensions(throw bool) bool     { return l.self().preventExtensions(throw) }
func (l *latent) proto() *goja.Object                   { return l.self().proto() }
func (l *latent) sortGet(i int) goja.Value              { return l.self().sortGet(i) }
func (l *latent) sortLen() int                          { return l.self().sortLen() }
func (l *latent) swap(i, j int)                         { l.self().swap(i, j) }
func (l *latent) typeOf() goja.String                   { return l.self().typeOf() }
func (l *latent) vmCall(vm unsafe.Pointer, n int)       { l.self().vmCall(vm, n) }

func (l *latent) defineOwnPropertyIdx(i int64, d goja.PropertyDescriptor, throw bool) bool {
	return l.self().defineOwnPropertyIdx(i, d, throw)
}

func (l *latent) defineOwnPropertyStr(name unistring.String, d goja.PropertyDescriptor, throw bool) bool {
	return l.self().defineOwnPropertyStr(name, d, throw)
}

func (l *latent) defineOwnPropertySym(s *goja.Symbol, d goja.PropertyDescriptor, throw bool) bool {
	return l.self().defineOwnPropertySym(s, d, throw)
}

func (l *latent) deleteStr(name unistring.String, throw bool) bool {
	return l.self().deleteStr(name, throw)
}

func (l *latent) deleteSym(s *goja.Symbol, throw bool) bool { return l.self().deleteSym(s, throw) }

func (l *latent) exportToArrayOrSlice(to reflect.Value, t reflect.Type, context unsafe.Pointer) error {
	return l.self().exportToArrayOrSlice(to, t, context)
}

func (l *latent) exportToMap(to reflect.Value, t reflect.Type, context unsafe.Pointer) error {
	return l.self().exportToMap(to, t, context)
}

func (l *latent) getIdx(i int64, receiver goja.Value) goja.Value {
	return l.self().getIdx(i, receiver)
}

func (l *latent) getOwnPropStr(name unistring.String) goja.Value { return l.self().getOwnPropStr(name) }
func (l *latent) getOwnPropSym(s *goja.Symbol) goja.Value        { return l.self().getOwnPropSym(s) }

func (l *latent) getPrivateEnv(t unsafe.Pointer, create bool) unsafe.Pointer {
	return l.self().getPrivateEnv(t, create)
}

func (l *latent) getStr(name unistring.String, receiver goja.Value) goja.Value {
	return l.self().getStr(name, receiver)
}

func (l *latent) getSym(s *goja.Symbol, receiver goja.Value) goja.Value {
	return l.self().getSym(s, receiver)
}

func (l *latent) hasOwnPropertyStr(name unistring.String) bool {
	return l.self().hasOwnPropertyStr(name)
}

func (l *latent) hasPropertyStr(name unistring.String) bool { return l.self().hasPropertyStr(name) }

func (l *latent) keys(all bool, to []goja.Value) []goja.Value { return l.self().keys(all, to) }

func (l *latent) setForeignIdx(i int64, v, receiver goja.Value, throw bool) (bool, bool) {
	return l.self().setForeignIdx(i, v, receiver, throw)
}

func (l *latent) setForeignStr(name unistring.String, v, receiver goja.Value, throw bool) (bool, bool) {
	return l.self().setForeignStr(name, v, receiver, throw)
}

func (l *latent) setForeignSym(s *goja.Symbol, v, receiver goja.Value, throw bool) (bool, bool) {
	return l.self().setForeignSym(s, v, receiver, throw)
}

func (l *latent) setOwnIdx(i int64, v goja.Value, throw bool) bool {
	return l.self().setOwnIdx(i, v, throw)
}

func (l *latent) setOwnStr(name unistring.String, v goja.Value, throw bool) bool {
	return l.self().setOwnStr(name, v, throw)
}

func (l *latent) setOwnSym(s *goja.Symbol, v goja.Value, throw bool) bool {
	return l.self().setOwnSym(s, v, throw)
}

func (l *latent) setProto(o *goja.Object, throw bool) bool { return l.self().setProto(o, throw) }

func (l *latent) stringKeys(all bool, to []goja.Value) []goja.Value {
	return l.self().stringKeys(all, to)
}

func (l *latent) symbols(all bool, to []goja.Value) []goja.Value { return l.self().symbols(all, to) }
