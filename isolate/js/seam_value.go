package js

import (
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// These are goja's own abstract operations, which the guards are written with: the public
// ones know properties by Go strings alone.

// getKey reads a property; nil: there is none.
//
//go:linkname getKey github.com/dop251/goja.(*Object).get
func getKey(o *goja.Object, key, receiver goja.Value) goja.Value

//go:linkname setKey github.com/dop251/goja.(*Object).set
func setKey(o *goja.Object, key, v, receiver goja.Value, throw bool) bool

//go:linkname hasKey github.com/dop251/goja.(*Object).hasProperty
func hasKey(o *goja.Object, key goja.Value) bool

//go:linkname deleteKey github.com/dop251/goja.(*Object).delete
func deleteKey(o *goja.Object, key goja.Value, throw bool) bool

// ownKey reads a property as a factory makes it: see valueOf and accessorsOf.
//
//go:linkname ownKey github.com/dop251/goja.(*Object).getOwnProp
func ownKey(o *goja.Object, key goja.Value) goja.Value

//go:linkname createKey github.com/dop251/goja.createDataPropertyOrThrow
func createKey(o *goja.Object, key, v goja.Value)

//go:linkname redefineKey github.com/dop251/goja.createDataProperty
func redefineKey(o *goja.Object, key, v goja.Value)

//go:linkname getOfPlain github.com/dop251/goja.(*baseObject).getStr
func getOfPlain(base unsafe.Pointer, name unistring.String, receiver goja.Value) goja.Value

// orderNames puts the names of a plain object's properties into the order in which scripts
// see them.
//
//go:linkname orderNames github.com/dop251/goja.(*baseObject).ensurePropOrder
func orderNames(base unsafe.Pointer)

//go:linkname stringOfName github.com/dop251/goja.stringValueFromRaw
func stringOfName(name unistring.String) goja.String

// nameOf is the inverse of stringOfName.
func nameOf(s goja.String) unistring.String {
	text, wide := codeUnits(s)
	if wide != nil {
		return unistring.FromUtf16(wide)
	}
	return unistring.String(text)
}

//go:linkname intValue github.com/dop251/goja.intToValue
func intValue(i int64) goja.Value

//go:linkname floatValue github.com/dop251/goja.floatToValue
func floatValue(f float64) goja.Value

//go:linkname speciesArray github.com/dop251/goja.arraySpeciesCreate
func speciesArray(o *goja.Object, length int64) *goja.Object

//go:linkname isArray github.com/dop251/goja.isArray
func isArray(o *goja.Object) bool

//go:linkname toLength github.com/dop251/goja.toLength
func toLength(v goja.Value) int64

//go:linkname toMethod github.com/dop251/goja.toMethod
func toMethod(v goja.Value) native

//go:linkname callableOf github.com/dop251/goja.assertCallable
func callableOf(v goja.Value) (native, bool)

//go:linkname constructorOf github.com/dop251/goja.(*Runtime).toConstructor
func constructorOf(rt *goja.Runtime, v goja.Value) constructor

// newTyped makes a typed array, which must be able to hold what the one argument says.
//
//go:linkname newTyped github.com/dop251/goja.(*Runtime).typedArrayCreate
func newTyped(rt *goja.Runtime, constructor *goja.Object, length ...goja.Value) *templated

//go:linkname getOfValue github.com/dop251/goja.(*Runtime).getV
func getOfValue(rt *goja.Runtime, v, key goja.Value) goja.Value

//go:linkname stringValue github.com/dop251/goja.newStringValue
func stringValue(s string) goja.String

// codeUnits returns a string's characters: as bytes if they are ASCII, else as UTF-16 behind a
// byte order mark. They must not be written to.
//
//go:linkname codeUnits github.com/dop251/goja.devirtualizeString
func codeUnits(s goja.String) (ascii string, wide []uint16)

// describedString is ToString, except that a symbol is described.
//
//go:linkname describedString github.com/dop251/goja.toString
func describedString(v goja.Value) goja.String

// denseArray returns the inside of an array that has all its elements and no accessors,
// nil of anything else.
//
//go:linkname denseArray github.com/dop251/goja.(*Runtime).checkStdArrayObj
func denseArray(rt *goja.Runtime, o *goja.Object) unsafe.Pointer

// standardArray returns the inside of a dense array whose iterator would be the intrinsic
// one, nil of anything else.
//
//go:linkname standardArray github.com/dop251/goja.(*Runtime).checkStdArrayIter
func standardArray(rt *goja.Runtime, v goja.Value) unsafe.Pointer

// valuesOfArray is Array.prototype.values.
//
//go:linkname valuesOfArray github.com/dop251/goja.(*Runtime).arrayproto_values
func valuesOfArray(rt *goja.Runtime, c goja.FunctionCall) goja.Value

// iteration is goja's record of an iterator; opaque here.
type iterationRecord struct{ _ byte }

//go:linkname iteratorOf github.com/dop251/goja.(*Runtime).getIterator
func iteratorOf(rt *goja.Runtime, v goja.Value, method native) *iterationRecord

//go:linkname iterate github.com/dop251/goja.(*iteratorRecord).iterate
func iterate(it *iterationRecord, step func(goja.Value))

// getNamed reads a property by name.
func (s *seam) getNamed(o *goja.Object, name unistring.String) goja.Value {
	var v goja.Value
	if self := s.behind(o); self.tab == s.plain {
		v = getOfPlain(self.data, name, nil)
	} else {
		v = getKey(o, stringOfName(name), nil)
	}
	return orUndefined(v)
}

// isEnumerable says whether what a plain object keeps for a name is an enumerable property.
func (s *seam) isEnumerable(v goja.Value) bool {
	if !s.hasAttributes(v) {
		return true // a property with no restriction is its value
	}
	return *(*bool)(unsafe.Add((*iface)(unsafe.Pointer(&v)).data, s.enumerable))
}

// elementsOf returns the elements of a dense array, in place: they are good until a script
// runs. ok is false if o is no such array.
func (s *seam) elementsOf(rt *goja.Runtime, o *goja.Object) (elements []goja.Value, ok bool) {
	a := denseArray(rt, o)
	if a == nil {
		return nil, false
	}
	return *(*[]goja.Value)(unsafe.Add(a, s.arrayElements)), true
}

// hasAttributes says whether what a plain object keeps for a name is more than a value: an
// accessor, or a property that is restricted.
func (s *seam) hasAttributes(v goja.Value) bool {
	return (*iface)(unsafe.Pointer(&v)).tab == s.restricted
}

// ownRaw returns what a plain object, or an array, keeps for a name; nil: nothing.
func (s *seam) ownRaw(o *goja.Object, name unistring.String) goja.Value {
	return (*(*map[unistring.String]goja.Value)(unsafe.Add(s.behind(o).data, s.baseValues)))[name]
}

// appendMembers appends the own enumerable properties of a plain object that have names.
func (s *seam) appendMembers(members []jsonMember, o *goja.Object) []jsonMember {
	base := s.behind(o).data
	orderNames(base)
	values := *(*map[unistring.String]goja.Value)(unsafe.Add(base, s.baseValues))
	for _, name := range *(*[]unistring.String)(unsafe.Add(base, s.baseNames)) {
		if v := values[name]; s.isEnumerable(v) {
			members = append(members, jsonMember{name, v})
		}
	}
	return members
}

// objectPrototypeOf returns Object.prototype.
func (s *seam) objectPrototypeOf(rt *goja.Runtime) *goja.Object {
	return *(**goja.Object)(unsafe.Add(unsafe.Pointer(rt), s.objectPrototype))
}

// inheritsOnly says whether o is a plain object or an array that inherits from the intrinsic
// prototype of such.
func (s *seam) inheritsOnly(rt *goja.Runtime, o *goja.Object) bool {
	self := s.behind(o)
	switch self.tab {
	case s.plain:
		return *(**goja.Object)(unsafe.Add(self.data, s.basePrototype)) == s.objectPrototypeOf(rt)
	case s.array:
		return *(**goja.Object)(unsafe.Add(self.data, s.basePrototype)) == arrayPrototype(rt)
	}
	return false
}

// unscanned returns the text of a string that goja was given as one, and false of any other.
func (s *seam) unscanned(v goja.String) (string, bool) {
	self := (*iface)(unsafe.Pointer(&v))
	if self.tab != s.imported {
		return "", false
	}
	return *(*string)(unsafe.Add(self.data, s.importedText)), true
}

// integerOf and floatOf return the numbers in values that are marked so.
func integerOf(v goja.Value) int64 { return *(*int64)((*iface)(unsafe.Pointer(&v)).data) }

func floatOf(v goja.Value) float64 { return *(*float64)((*iface)(unsafe.Pointer(&v)).data) }

// isProxy says whether o is a Proxy.
func (s *seam) isProxy(o *goja.Object) bool { return s.behind(o).tab == s.proxy }

// proxyTarget returns what o stands before; nil if o is no Proxy, or was revoked.
func (s *seam) proxyTarget(o *goja.Object) *goja.Object {
	if !s.isProxy(o) {
		return nil
	}
	return *(**goja.Object)(unsafe.Add(s.behind(o).data, s.proxyTargets))
}

// proxyHandler returns the handler that a script gave to a Proxy; nil: there is none.
func (s *seam) proxyHandler(o *goja.Object) *goja.Object {
	handler := (*iface)(unsafe.Add(s.behind(o).data, s.proxyHandlers))
	if handler.tab != s.jsHandler {
		return nil
	}
	stand := *(**goja.Object)(handler.data)
	if traps := s.trapsOf(stand); traps != nil {
		return traps.handler
	}
	return stand
}

// plainArray says whether o is an array with the intrinsic prototype and no properties but
// its elements and its length.
func (s *seam) plainArray(rt *goja.Runtime, o *goja.Object) bool {
	self := s.behind(o)
	return self.tab == s.array &&
		*(**goja.Object)(unsafe.Add(self.data, s.basePrototype)) == arrayPrototype(rt) &&
		len(*(*map[unistring.String]goja.Value)(unsafe.Add(self.data, s.baseValues))) <= 1
}

// arraySlots returns how many elements an array that goja keeps in one piece has room for,
// missing ones included; the rest of its length is nothing but a number.
func (s *seam) arraySlots(o *goja.Object) (slots int, ok bool) {
	self := s.behind(o)
	if self.tab != s.array {
		return 0, false
	}
	return len(*(*[]goja.Value)(unsafe.Add(self.data, s.arrayElements))), true
}

// typedLength returns how many elements a typed array has. ok is false if o is none, or has
// lost its buffer.
func (s *seam) typedLength(o *goja.Object) (length int, ok bool) {
	self := s.behind(o)
	if self.tab != s.typed {
		return 0, false
	}
	buffer := *(*unsafe.Pointer)(unsafe.Add(self.data, s.typedBuffer))
	if *(*bool)(unsafe.Add(buffer, s.detached)) {
		return 0, false
	}
	return *(*int)(unsafe.Add(self.data, s.typedCount)), true
}

// nextElement takes the next element from an iterator over the values of a dense array or a
// typed array; more is false at its end. ok is false, and nothing has happened, if it is no
// such iterator.
func (s *seam) nextElement(rt *goja.Runtime, iterator *goja.Object) (v goja.Value, more, ok bool) {
	self := s.behind(iterator)
	if self.tab != s.arrayIterator || s.kindOfIterator(iterator) != s.overValues {
		return nil, false, false
	}
	array := (**goja.Object)(unsafe.Add(self.data, s.iteratorArray))
	if *array == nil {
		return goja.Undefined(), false, true
	}
	elements, dense := s.elementsOf(rt, *array)
	length := len(elements)
	if !dense {
		if length, ok = s.typedLength(*array); !ok {
			return nil, false, false
		}
	}
	next := (*int64)(unsafe.Add(self.data, s.iteratorNext))
	switch {
	case *next >= int64(length):
		*array = nil
		return goja.Undefined(), false, true
	case dense:
		v = elements[*next]
	default:
		v = orUndefined(getKey(*array, rt.ToValue(*next), *array))
	}
	*next++
	return v, true, true
}

// isArrayIterator says whether o is an iterator over an array without properties of its own.
func (s *seam) isArrayIterator(o *goja.Object) bool {
	self := s.behind(o)
	return self.tab == s.arrayIterator && len(*(*[]unistring.String)(unsafe.Add(self.data, s.baseNames))) == 0
}

// kindOfIterator says what an iterator over an array gives: its elements, their indices or both.
func (s *seam) kindOfIterator(iterator *goja.Object) int {
	return *(*int)(unsafe.Add(s.behind(iterator).data, s.iteratorKind))
}

// arrayLength returns the length of an array that goja keeps in one piece.
func (s *seam) arrayLength(o *goja.Object) (length uint32, ok bool) {
	self := s.behind(o)
	if self.tab != s.array {
		return 0, false
	}
	return *(*uint32)(unsafe.Add(self.data, s.arrayCount)), true
}
