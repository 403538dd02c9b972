package js

import (
	"fmt"
	"hash/maphash"
	"math/big"
	"reflect"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// These types are goja's own under other names: what is behind its objects, as far as images
// copy it. findKinds compares each with goja's before anything relies on it.

type gojaBase struct {
	class       string
	val         *goja.Object
	prototype   *goja.Object
	extensible  bool
	values      map[unistring.String]goja.Value
	names       []unistring.String
	ordered     int
	integers    int
	symbols     *gojaTable
	privateOnes map[unsafe.Pointer]*gojaPrivate
}

type gojaTable struct {
	_     *maphash.Hash
	_     map[uint64]*gojaEntry // by hash
	first *gojaEntry
	_     *gojaEntry // the last
	size  int
}

type gojaEntry struct {
	key, value goja.Value
	_          *gojaEntry // the one before
	next       *gojaEntry
	_          *gojaEntry // the next of the same hash
}

type gojaPrivate struct{ methods, fields []goja.Value }

type gojaProperty struct {
	value                                        goja.Value
	writable, configurable, enumerable, accessor bool
	get, set                                     *goja.Object
}

type gojaStash struct {
	values    []goja.Value
	extraArgs []goja.Value
	names     map[unistring.String]uint32
	object    *goja.Object
	outer     *gojaStash
	function  uint8
}

type gojaFunction struct {
	gojaBase
	length  gojaProperty
	stash   *gojaStash
	private unsafe.Pointer
	program *goja.Program
	source  string
	strict  bool
}

type gojaMethod struct {
	gojaFunction
	home *goja.Object
}

type gojaArrow struct {
	gojaFunction
	function  *goja.Object
	newTarget goja.Value
}

type gojaClass struct {
	gojaFunction
	fields         *goja.Program
	keys           []goja.Value
	privateType    unsafe.Pointer
	privateMethods []goja.Value
	derived        bool
}

type gojaArray struct {
	gojaBase
	elements   []goja.Value
	count      uint32
	objects    int
	properties int
	length     gojaProperty
}

type gojaCollection struct {
	gojaBase
	table *gojaTable
}

type gojaPattern struct {
	gojaBase
	pattern  *enginePattern
	source   goja.String
	standard bool
}

type gojaDate struct {
	gojaBase
	milliseconds int64
}

type gojaBoxed struct {
	gojaBase
	value goja.Value
}

type gojaBound struct {
	gojaBase
	length    gojaProperty
	call      native
	construct constructor
	target    *goja.Object
}

type gojaSymbol struct{ description goja.String }

type gojaTemplated struct {
	gojaBase
	template  *objectTemplate
	inherited bool
}

//go:linkname newTable github.com/dop251/goja.newOrderedMap
func newTable(h *maphash.Hash) *gojaTable

//go:linkname setEntry github.com/dop251/goja.(*orderedMap).set
func setEntry(t *gojaTable, key, value goja.Value)

//go:linkname hashOf github.com/dop251/goja.(*Runtime).getHash
func hashOf(rt *goja.Runtime) *maphash.Hash

// kind is how goja keeps an object, as far as images copy it.
type kind uint8

const (
	kindNone kind = iota
	kindPlain
	kindFunction
	kindMethod
	kindArrow
	kindClass
	kindArray
	kindCollection
	kindPattern
	kindDate
	kindBoxed
	kindTemplated
	kindBound
)

// kindExamples makes an object of each kind that scripts make, in the order of the list in
// findKinds.
const kindExamples = `[{}, function () {}, async function () {}, function* () {},
	({m() {}}).m, ({async m() {}}).m, ({*m() {}}).m, () => 1, async () => 1, class {},
	[], new Map(), new Set(), /x/, new Date(0), Object(1), function () {}.bind()]`

// findKinds finds out what marks an object of each kind, and compares it with what is written
// above.
func (s *seam) findKinds(rt *goja.Runtime) error {
	made, err := rt.RunString(kindExamples)
	if err != nil {
		return err
	}
	examples := made.(*goja.Object)
	s.kinds = make(map[unsafe.Pointer]kind)
	for i, e := range []struct {
		kind kind
		ours reflect.Type
	}{
		{kindPlain, reflect.TypeFor[gojaBase]()},
		{kindFunction, reflect.TypeFor[gojaFunction]()},
		{kindFunction, reflect.TypeFor[gojaFunction]()},
		{kindFunction, reflect.TypeFor[gojaFunction]()},
		{kindMethod, reflect.TypeFor[gojaMethod]()},
		{kindMethod, reflect.TypeFor[gojaMethod]()},
		{kindMethod, reflect.TypeFor[gojaMethod]()},
		{kindArrow, reflect.TypeFor[gojaArrow]()},
		{kindArrow, reflect.TypeFor[gojaArrow]()},
		{kindClass, reflect.TypeFor[gojaClass]()},
		{kindArray, reflect.TypeFor[gojaArray]()},
		{kindCollection, reflect.TypeFor[gojaCollection]()},
		{kindCollection, reflect.TypeFor[gojaCollection]()},
		{kindPattern, reflect.TypeFor[gojaPattern]()},
		{kindDate, reflect.TypeFor[gojaDate]()},
		{kindBoxed, reflect.TypeFor[gojaBoxed]()},
		{kindBound, reflect.TypeFor[gojaBound]()},
	} {
		o := examples.Get(fmt.Sprint(i)).(*goja.Object)
		if err := sameLayout(insides(o), e.ours); err != nil {
			return err
		}
		s.kinds[selfWord(o, s.objectSelf).tab] = e.kind
	}
	for _, o := range []*goja.Object{rt.GlobalObject(), functionPrototype(rt), arrayPrototype(rt)} {
		if err := sameLayout(insides(o), reflect.TypeFor[gojaTemplated]()); err != nil {
			return err
		}
		s.kinds[selfWord(o, s.objectSelf).tab] = kindTemplated
	}
	runtime := reflect.TypeFor[goja.Runtime]()
	global, _ := runtime.FieldByName("global")
	if global.Type == nil || global.Type.Kind() != reflect.Struct {
		return fmt.Errorf("%s has no struct of intrinsics", runtime)
	}
	stash := global.Type.Field(0)
	s.globalStash = global.Offset + stash.Offset
	if err := sameLayout(stash.Type, reflect.TypeFor[gojaStash]()); err != nil {
		return err
	}
	for _, t := range []struct{ theirs, ours reflect.Type }{
		{s.property, reflect.TypeFor[gojaProperty]()},
		{reflect.TypeFor[goja.Symbol](), reflect.TypeFor[gojaSymbol]()},
		{fieldType(s.base, "symValues").Elem(), reflect.TypeFor[gojaTable]()},
		{fieldType(fieldType(s.base, "symValues").Elem(), "iterFirst").Elem(), reflect.TypeFor[gojaEntry]()},
		{fieldType(s.base, "privateElements").Elem().Elem(), reflect.TypeFor[gojaPrivate]()},
	} {
		if err := sameLayout(t.theirs, t.ours); err != nil {
			return err
		}
	}
	for _, f := range []shape{
		{runtime, "symbolRegistry", reflect.TypeFor[map[unistring.String]*goja.Symbol](), &s.symbolRegistry},
		{runtime, "jobQueue", reflect.TypeFor[[]func()](), &s.jobQueue},
	} {
		if err := f.find(); err != nil {
			return err
		}
	}
	for i := range global.Type.NumField() {
		if f := global.Type.Field(i); f.Type == reflect.TypeFor[*goja.Object]() {
			s.held = append(s.held, held{unistring.NewFromString(f.Name), global.Offset + f.Offset})
		}
	}
	unicode, err := rt.RunString(`"é"`)
	if err != nil {
		return err
	}
	for _, v := range []goja.Value{goja.Undefined(), goja.Null(), rt.ToValue(true), rt.ToValue(1), rt.ToValue(0.5), stringValue("a"),
		unicode, rt.ToValue("a text that goja does not look at"), goja.SymIterator, rt.ToValue(big.NewInt(1))} {
		s.fixed = append(s.fixed, (*iface)(unsafe.Pointer(&v)).tab)
	}
	return nil
}

// held is where goja keeps an object of the language, once it has made it. Those that are
// globals have their names.
type held struct {
	name   unistring.String
	offset uintptr
}

func fieldType(t reflect.Type, name string) reflect.Type {
	f, ok := t.FieldByName(name)
	if !ok || f.Type.Kind() != reflect.Pointer && f.Type.Kind() != reflect.Map {
		return reflect.TypeFor[*struct{}]()
	}
	return f.Type
}

// sameLayout says where ours is not in memory what theirs is. An object's kind may go on after
// what ours has, but for what fits in the place that ours takes.
func sameLayout(theirs, ours reflect.Type) error {
	their, our := leaves(theirs, 0, nil), leaves(ours, 0, nil)
	if theirs.Size() != ours.Size() && ours != reflect.TypeFor[gojaTemplated]() {
		return fmt.Errorf("%s has %d bytes, not %d", theirs, theirs.Size(), ours.Size())
	}
	if len(their) < len(our) {
		return fmt.Errorf("%s has %d fields, not %d", theirs, len(their), len(our))
	}
	for i, o := range our {
		t := their[i]
		if t.offset != o.offset || !sameField(t.typ, o.typ) {
			return fmt.Errorf("field %d of %s is a %s at %d, not a %s at %d", i, theirs, t.typ, t.offset, o.typ, o.offset)
		}
	}
	return nil
}

type leaf struct {
	offset uintptr
	typ    reflect.Type
}

// leaves appends the fields of a struct, those of structs within in their place.
func leaves(t reflect.Type, at uintptr, to []leaf) []leaf {
	if t.Kind() != reflect.Struct {
		return append(to, leaf{at, t})
	}
	for i := range t.NumField() {
		f := t.Field(i)
		to = leaves(f.Type, at+f.Offset, to)
	}
	return to
}

func sameField(theirs, ours reflect.Type) bool {
	switch {
	case theirs == ours:
		return true
	case theirs.Kind() == reflect.Pointer:
		return ours.Kind() == reflect.UnsafePointer || ours.Kind() == reflect.Pointer && ours.Elem().PkgPath() != theirs.Elem().PkgPath()
	case theirs.Kind() == reflect.Map && ours.Kind() == reflect.Map:
		return sameField(theirs.Key(), ours.Key()) && sameField(theirs.Elem(), ours.Elem())
	default:
		return theirs.Kind() == ours.Kind() && theirs.Size() == ours.Size() && theirs.Kind() != reflect.Interface
	}
}
