package js

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// The files seam*.go and intrinsic_record.go are the whole of what Skerry knows of goja's inside.
// goja builds its own intrinsics from templates: tables from a property's name to a function that
// makes the property when a script first touches it. That is just what a platform of a hundred
// classes needs, and it is not exported, so these few functions are reached by their
// linker names, and three fields by offsets that reflection gives. [newSeam] checks all
// of it before the first VM is made: a goja that has changed shape is an error when the
// process starts, not a surprise in it.

// objectTemplate is goja's table of lazily made properties; opaque here.
type objectTemplate struct{ _ byte }

// templated stands for goja's object made from a template; opaque here.
type templated struct{ _ byte }

// propertyFactory makes a property's value, or a property descriptor, in one VM.
type propertyFactory = func(*goja.Runtime) goja.Value

//go:linkname getGlobalObjectTemplate github.com/dop251/goja.getGlobalObjectTemplate
func getGlobalObjectTemplate() *objectTemplate

//go:linkname newObjectTemplate github.com/dop251/goja.newObjectTemplate
func newObjectTemplate() *objectTemplate

//go:linkname putString github.com/dop251/goja.(*objectTemplate).putStr
func putString(t *objectTemplate, name unistring.String, f propertyFactory)

//go:linkname putSymbol github.com/dop251/goja.(*objectTemplate).putSym
func putSymbol(t *objectTemplate, s *goja.Symbol, f propertyFactory)

//go:linkname newTemplatedObject github.com/dop251/goja.(*Runtime).newTemplatedObject
func newTemplatedObject(r *goja.Runtime, t *objectTemplate, o *goja.Object) *templated

//go:linkname newTemplatedFunction github.com/dop251/goja.(*Runtime).newTemplatedFuncObject
func newTemplatedFunction(r *goja.Runtime, t *objectTemplate, o *goja.Object, call func(goja.FunctionCall) goja.Value, construct func([]goja.Value, *goja.Object) *goja.Object) *templated

//go:linkname property github.com/dop251/goja.valueProp
func property(v goja.Value, writable, enumerable, configurable bool) goja.Value

//go:linkname functionPrototype github.com/dop251/goja.(*Runtime).getFunctionPrototype
func functionPrototype(r *goja.Runtime) *goja.Object

//go:linkname promisePrototype github.com/dop251/goja.(*Runtime).getPromisePrototype
func promisePrototype(r *goja.Runtime) *goja.Object

//go:linkname newPromise github.com/dop251/goja.(*Runtime).newPromise
func newPromise(r *goja.Runtime, prototype *goja.Object) *goja.Promise

//go:linkname fulfill github.com/dop251/goja.(*Promise).fulfill
func fulfill(p *goja.Promise, v goja.Value) goja.Value

//go:linkname reject github.com/dop251/goja.(*Promise).reject
func reject(p *goja.Promise, reason goja.Value) goja.Value

//go:linkname addReactions github.com/dop251/goja.(*Promise).addReactions
func addReactions(p *goja.Promise, fulfilled, rejected *promiseReaction)

//go:linkname createResolvingFunctions github.com/dop251/goja.(*Promise).createResolvingFunctions
func createResolvingFunctions(p *goja.Promise) (resolve, reject *goja.Object)

//go:linkname enqueuePromiseJob github.com/dop251/goja.(*Runtime).enqueuePromiseJob
func enqueuePromiseJob(r *goja.Runtime, job func())

//go:linkname runWrapped github.com/dop251/goja.(*Runtime).runWrapped
func runWrapped(r *goja.Runtime, f func()) error

//go:linkname intrinsicJSON github.com/dop251/goja.(*Runtime).getJSON
func intrinsicJSON(r *goja.Runtime) *goja.Object

//go:linkname intrinsicPromise github.com/dop251/goja.(*Runtime).getPromise
func intrinsicPromise(r *goja.Runtime) *goja.Object

//go:linkname intrinsicObject github.com/dop251/goja.(*Runtime).getObject
func intrinsicObject(r *goja.Runtime) *goja.Object

//go:linkname iteratorPrototype github.com/dop251/goja.(*Runtime).getIteratorPrototype
func iteratorPrototype(r *goja.Runtime) *goja.Object

//go:linkname newArrayOf github.com/dop251/goja.(*Runtime).newArrayValues
func newArrayOf(r *goja.Runtime, values []goja.Value) *goja.Object

//go:linkname toPrimitiveNumber github.com/dop251/goja.(*Object).toPrimitiveNumber
func toPrimitiveNumber(o *goja.Object) goja.Value

//go:linkname toNumeric github.com/dop251/goja.toNumeric
func toNumeric(v goja.Value) goja.Value

//go:linkname numberPower github.com/dop251/goja.pow
func numberPower(base, exponent goja.Value) goja.Value

//go:linkname isRegExp github.com/dop251/goja.isRegexp
func isRegExp(v goja.Value) bool

//go:linkname toCallable github.com/dop251/goja.(*Runtime).toCallable
func toCallable(r *goja.Runtime, v goja.Value) native

//go:linkname speciesConstructor github.com/dop251/goja.(*Runtime).speciesConstructorObj
func speciesConstructor(r *goja.Runtime, o, fallback *goja.Object) *goja.Object

//go:linkname asyncFunctionPrototype github.com/dop251/goja.(*Runtime).getAsyncFunctionPrototype
func asyncFunctionPrototype(r *goja.Runtime) *goja.Object

//go:linkname generatorFunctionPrototype github.com/dop251/goja.(*Runtime).getGeneratorFunctionPrototype
func generatorFunctionPrototype(r *goja.Runtime) *goja.Object

//go:linkname putOwn github.com/dop251/goja.(*baseObject)._put
func putOwn(base unsafe.Pointer, name unistring.String, v goja.Value)

//go:linkname arrayPrototypeTemplate github.com/dop251/goja.getArrayProtoTemplate
func arrayPrototypeTemplate() *objectTemplate

//go:linkname bigIntTemplate github.com/dop251/goja.getBigIntTemplate
func bigIntTemplate() *objectTemplate

//go:linkname bigIntPrototypeTemplate github.com/dop251/goja.getBigIntProtoTemplate
func bigIntPrototypeTemplate() *objectTemplate

//go:linkname dataViewPrototypeTemplate github.com/dop251/goja.getDataViewProtoTemplate
func dataViewPrototypeTemplate() *objectTemplate

//go:linkname dateTemplate github.com/dop251/goja.getDateTemplate
func dateTemplate() *objectTemplate

//go:linkname datePrototypeTemplate github.com/dop251/goja.getDateProtoTemplate
func datePrototypeTemplate() *objectTemplate

//go:linkname functionPrototypeTemplate github.com/dop251/goja.getFunctionProtoTemplate
func functionPrototypeTemplate() *objectTemplate

//go:linkname mathTemplate github.com/dop251/goja.getMathTemplate
func mathTemplate() *objectTemplate

//go:linkname numberTemplate github.com/dop251/goja.getNumberTemplate
func numberTemplate() *objectTemplate

//go:linkname numberPrototypeTemplate github.com/dop251/goja.getNumberProtoTemplate
func numberPrototypeTemplate() *objectTemplate

//go:linkname objectConstructorTemplate github.com/dop251/goja.getObjectTemplate
func objectConstructorTemplate() *objectTemplate

//go:linkname objectPrototypeTemplate github.com/dop251/goja.getObjectProtoTemplate
func objectPrototypeTemplate() *objectTemplate

//go:linkname stringPrototypeTemplate github.com/dop251/goja.getStringProtoTemplate
func stringPrototypeTemplate() *objectTemplate

//go:linkname typedArrayPrototypeTemplate github.com/dop251/goja.getTypedArrayProtoTemplate
func typedArrayPrototypeTemplate() *objectTemplate

//go:linkname arrayIteratorPrototype github.com/dop251/goja.(*Runtime).getArrayIteratorPrototype
func arrayIteratorPrototype(r *goja.Runtime) *goja.Object

//go:linkname stringIteratorPrototype github.com/dop251/goja.(*Runtime).getStringIteratorPrototype
func stringIteratorPrototype(r *goja.Runtime) *goja.Object

//go:linkname mapIteratorPrototype github.com/dop251/goja.(*Runtime).getMapIteratorPrototype
func mapIteratorPrototype(r *goja.Runtime) *goja.Object

//go:linkname setIteratorPrototype github.com/dop251/goja.(*Runtime).getSetIteratorPrototype
func setIteratorPrototype(r *goja.Runtime) *goja.Object

//go:linkname regExpStringIteratorPrototype github.com/dop251/goja.(*Runtime).getRegExpStringIteratorPrototype
func regExpStringIteratorPrototype(r *goja.Runtime) *goja.Object

//go:linkname generatorPrototype github.com/dop251/goja.(*Runtime).getGeneratorPrototype
func generatorPrototype(r *goja.Runtime) *goja.Object

//go:linkname arrayPrototype github.com/dop251/goja.(*Runtime).getArrayPrototype
func arrayPrototype(r *goja.Runtime) *goja.Object

//go:linkname intrinsicArray github.com/dop251/goja.(*Runtime).getArray
func intrinsicArray(r *goja.Runtime) *goja.Object

//go:linkname intrinsicTypedArray github.com/dop251/goja.(*Runtime).getTypedArray
func intrinsicTypedArray(r *goja.Runtime) *goja.Object

//go:linkname typedArrayPrototype github.com/dop251/goja.(*Runtime).getTypedArrayPrototype
func typedArrayPrototype(r *goja.Runtime) *goja.Object

//go:linkname newNativeFunction github.com/dop251/goja.(*Runtime).newNativeFunc
func newNativeFunction(r *goja.Runtime, call func(goja.FunctionCall) goja.Value, name unistring.String, length int) *goja.Object

//go:linkname newPromiseObject github.com/dop251/goja.(*Runtime).builtin_newPromise
func newPromiseObject(r *goja.Runtime, args []goja.Value, newTarget *goja.Object) *goja.Object

//go:linkname newBufferObject github.com/dop251/goja.(*Runtime).builtin_newArrayBuffer
func newBufferObject(r *goja.Runtime, args []goja.Value, newTarget *goja.Object) *goja.Object

//go:linkname newTypedArrayObject github.com/dop251/goja.(*Runtime).newTypedArray
func newTypedArrayObject(r *goja.Runtime, args []goja.Value, newTarget *goja.Object) *goja.Object

//go:linkname newBytesObject github.com/dop251/goja.(*Runtime).newUint8Array
func newBytesObject(r *goja.Runtime, args []goja.Value, newTarget, prototype *goja.Object) *goja.Object

//go:linkname newErrorObject github.com/dop251/goja.(*Runtime).builtin_Error
func newErrorObject(r *goja.Runtime, args []goja.Value, prototype *goja.Object) *goja.Object

//go:linkname newArrayObject github.com/dop251/goja.(*Runtime).builtin_newArray
func newArrayObject(r *goja.Runtime, args []goja.Value, prototype *goja.Object) *goja.Object

//go:linkname newMapObject github.com/dop251/goja.(*Runtime).builtin_newMap
func newMapObject(r *goja.Runtime, args []goja.Value, newTarget *goja.Object) *goja.Object

//go:linkname newSetObject github.com/dop251/goja.(*Runtime).builtin_newSet
func newSetObject(r *goja.Runtime, args []goja.Value, newTarget *goja.Object) *goja.Object

//go:linkname newWeakMapObject github.com/dop251/goja.(*Runtime).builtin_newWeakMap
func newWeakMapObject(r *goja.Runtime, args []goja.Value, newTarget *goja.Object) *goja.Object

//go:linkname newWeakSetObject github.com/dop251/goja.(*Runtime).builtin_newWeakSet
func newWeakSetObject(r *goja.Runtime, args []goja.Value, newTarget *goja.Object) *goja.Object

//go:linkname ownSymbols github.com/dop251/goja.(*baseObject).symbols
func ownSymbols(base unsafe.Pointer, all bool, symbols []goja.Value) []goja.Value

//go:linkname ownSymbol github.com/dop251/goja.(*baseObject).getOwnPropSym
func ownSymbol(base unsafe.Pointer, s *goja.Symbol) goja.Value

// seam holds what reflection found out about goja's structs: the offsets of a few fields,
// and some types. It never changes.
type seam struct {
	runtimeMapper uintptr // Runtime.fieldNameMapper, where a Runtime keeps its VM

	objectSelf    uintptr // Object.self, an interface that holds a *baseObject
	objectRuntime uintptr

	base           reflect.Type // baseObject, and its fields:
	baseClass      uintptr
	baseVal        uintptr // the Object that a base belongs to
	basePrototype  uintptr
	baseExtensible uintptr
	baseValues     uintptr
	baseNames      uintptr
	baseOrdered    uintptr        // how many of the names are in order
	baseIntegers   uintptr        // how many of them are integers
	plain          unsafe.Pointer // what marks an interface of goja's that holds a *baseObject

	objectPrototype uintptr // Runtime.global.ObjectPrototype

	whole     reflect.Type // struct { Object; baseObject }
	wholeBase uintptr      // the second in it

	instance      reflect.Type // struct { Object; baseObject; any }
	instanceState uintptr      // where the any is behind the second

	objectTemplate uintptr // templatedObject.tmpl, and of templatedFuncObject

	template        reflect.Type // objectTemplate, and its fields:
	templateProps   uintptr
	templateNames   uintptr
	templateProto   uintptr
	templateSymbols uintptr
	templateOrder   uintptr

	integer, float unsafe.Pointer // what marks a Value that is an int64 or a float64
	imported       unsafe.Pointer // what marks a String that goja has not looked at, and its field:
	importedText   uintptr
	restricted     unsafe.Pointer // what marks a Value that is a *valueProperty

	property                                            reflect.Type // valueProperty, and its fields:
	value, accessor, writable, enumerable, configurable uintptr
	get, set                                            uintptr

	array         unsafe.Pointer // what marks an interface that holds an arrayObject, and its fields:
	arrayElements uintptr
	arrayCount    uintptr

	arrayIterator unsafe.Pointer // what marks an interface that holds an arrayIterObject, and its fields:
	iteratorArray uintptr
	iteratorNext  uintptr
	iteratorKind  uintptr // an int
	overValues    int     // the kind that gives the elements alone

	proxy unsafe.Pointer // what marks an interface that holds a proxyObject

	regExps *regExpSeam
	code    *codeSeam
	direct  directTables

	boxed unsafe.Pointer // what marks an interface that holds a primitive value's object

	proxyTargets  uintptr
	proxyHandlers uintptr        // proxyObject.handler, an interface
	jsHandler     unsafe.Pointer // what marks an interface that holds the handler of a script

	typed       unsafe.Pointer // what marks an interface that holds a typedArrayObject, and its fields:
	typedCount  uintptr
	typedBuffer uintptr
	typedOffset uintptr // in elements
	typedSize   uintptr // of an element, in bytes
	detached    uintptr // arrayBufferObject.detached
	bufferBytes uintptr // arrayBufferObject.data

	dataView       unsafe.Pointer // what marks an interface that holds a dataViewObject, and its fields:
	dataViewBuffer uintptr
	dataViewOffset uintptr
	dataViewBytes  uintptr

	promiseHandled uintptr // Promise.handled

	nativeFunction, templatedFunction functionShape

	intrinsics map[string]*lazyIntrinsic

	latent         *methodTable // what marks an interface that holds a *latent
	kinds          map[unsafe.Pointer]kind
	fixed          []unsafe.Pointer // what marks Values that never change
	globalStash    uintptr          // Runtime.global.stash
	symbolRegistry uintptr          // Runtime.symbolRegistry
	jobQueue       uintptr          // Runtime.jobQueue
	held           []held           // where goja keeps intrinsics

	guards   guardIndex
	setters  map[string]*guard
	hidden   map[string]int // index of an intrinsic in the table of that name, by what it comes with
	gateCode uintptr        // of the functions that have the gate
}

// shape is a field that the seam relies on.
type shape struct {
	in     reflect.Type
	name   string
	want   reflect.Type // nil: any
	offset *uintptr
}

// openSeam returns the one seam of the process. goja's templates belong to the process, and
// so does what is put into them, once and before the first VM.
var openSeam = sync.OnceValues(func() (*seam, error) {
	s, err := newSeam()
	if err == nil {
		s.guardTemplates()
	}
	return s, err
})

// newSeam inspects goja and says what is not as it should be.
func newSeam() (*seam, error) {
	var s seam
	openMatchClock()
	rt := goja.New()
	plain := rt.CreateObject(nil)
	s.base = insides(plain)
	tables, fn := insides(rt.GlobalObject()), insides(functionPrototype(rt))
	switch {
	case s.base.Kind() != reflect.Struct:
		return nil, fmt.Errorf("a plain goja object is a %s", s.base)
	case tables.Kind() != reflect.Struct || tables.Field(0).Type != s.base:
		return nil, fmt.Errorf("%s does not begin with a %s", tables, s.base)
	case fn.Kind() != reflect.Struct || fn.Field(0).Type != tables:
		return nil, fmt.Errorf("%s does not begin with a %s", fn, tables)
	}
	tmpl, ok := tables.FieldByName("tmpl")
	if !ok || tmpl.Type.Kind() != reflect.Pointer {
		return nil, fmt.Errorf("%s has no template", tables)
	}
	s.objectTemplate, s.template = tmpl.Offset, tmpl.Type.Elem()
	s.property = reflect.TypeOf(property(goja.Undefined(), false, false, false)).Elem()
	whole := []reflect.StructField{
		{Name: "Object", Type: reflect.TypeFor[goja.Object]()},
		{Name: "Base", Type: s.base},
		{Name: "State", Type: reflect.TypeFor[any]()},
	}
	s.whole, s.instance = reflect.StructOf(whole[:2]), reflect.StructOf(whole)
	s.wholeBase = s.whole.Field(1).Offset
	s.instanceState = s.instance.Field(2).Offset - s.wholeBase
	proxy, err := rt.New(rt.GlobalObject().Get("Proxy"), plain, plain)
	if err != nil {
		return nil, err
	}
	list, buffer := rt.NewArray(), rt.ToValue(rt.NewArrayBuffer(nil)).(*goja.Object)
	typed, err := rt.New(rt.GlobalObject().Get("Uint8Array"))
	if err != nil {
		return nil, err
	}
	dataView, err := rt.New(rt.GlobalObject().Get("DataView"), buffer)
	if err != nil {
		return nil, err
	}
	iterator := valuesOfArray(rt, goja.FunctionCall{This: list}).(*goja.Object)
	runtime, object := reflect.TypeFor[goja.Runtime](), reflect.TypeFor[*goja.Object]()
	boolean := reflect.TypeFor[bool]()
	for _, f := range []shape{
		{runtime, "fieldNameMapper", reflect.TypeFor[goja.FieldNameMapper](), &s.runtimeMapper},
		{object.Elem(), "self", nil, &s.objectSelf},
		{object.Elem(), "runtime", reflect.PointerTo(runtime), &s.objectRuntime},
		{s.base, "class", reflect.TypeFor[string](), &s.baseClass},
		{s.base, "val", object, &s.baseVal},
		{s.base, "prototype", object, &s.basePrototype},
		{s.base, "extensible", boolean, &s.baseExtensible},
		{s.base, "values", reflect.TypeFor[map[unistring.String]goja.Value](), &s.baseValues},
		{s.base, "propNames", reflect.TypeFor[[]unistring.String](), &s.baseNames},
		{s.base, "lastSortedPropLen", reflect.TypeFor[int](), &s.baseOrdered},
		{s.base, "idxPropCount", reflect.TypeFor[int](), &s.baseIntegers},
		{s.template, "props", nil, &s.templateProps},
		{s.template, "propNames", reflect.TypeFor[[]unistring.String](), &s.templateNames},
		{s.template, "protoFactory", reflect.TypeFor[func(*goja.Runtime) *goja.Object](), &s.templateProto},
		{s.template, "symProps", nil, &s.templateSymbols},
		{s.template, "symPropNames", reflect.TypeFor[[]*goja.Symbol](), &s.templateOrder},
		{insides(typed), "length", reflect.TypeFor[int](), &s.typedCount},
		{insides(typed), "viewedArrayBuf", reflect.PointerTo(insides(buffer)), &s.typedBuffer},
		{insides(typed), "offset", reflect.TypeFor[int](), &s.typedOffset},
		{insides(typed), "elemSize", reflect.TypeFor[int](), &s.typedSize},
		{insides(buffer), "detached", boolean, &s.detached},
		{insides(buffer), "data", reflect.TypeFor[[]byte](), &s.bufferBytes},
		{insides(dataView), "viewedArrayBuf", reflect.PointerTo(insides(buffer)), &s.dataViewBuffer},
		{insides(dataView), "byteOffset", reflect.TypeFor[int](), &s.dataViewOffset},
		{insides(dataView), "byteLen", reflect.TypeFor[int](), &s.dataViewBytes},
		{reflect.TypeFor[goja.Promise](), "handled", boolean, &s.promiseHandled},
		{insides(proxy), "target", object, &s.proxyTargets},
		{insides(proxy), "handler", nil, &s.proxyHandlers},
		{insides(list), "values", reflect.TypeFor[[]goja.Value](), &s.arrayElements},
		{insides(list), "length", reflect.TypeFor[uint32](), &s.arrayCount},
		{insides(iterator), "obj", object, &s.iteratorArray},
		{insides(iterator), "nextIdx", reflect.TypeFor[int64](), &s.iteratorNext},
		{insides(iterator), "kind", nil, &s.iteratorKind},
		{s.property, "value", reflect.TypeFor[goja.Value](), &s.value},
		{s.property, "accessor", boolean, &s.accessor},
		{s.property, "writable", boolean, &s.writable},
		{s.property, "enumerable", boolean, &s.enumerable},
		{s.property, "configurable", boolean, &s.configurable},
		{s.property, "getterFunc", object, &s.get},
		{s.property, "setterFunc", object, &s.set},
	} {
		if err := f.find(); err != nil {
			return nil, err
		}
	}
	props, _ := s.template.FieldByName("props")
	if t := props.Type; t.Kind() != reflect.Map || t.Key() != reflect.TypeFor[unistring.String]() ||
		!t.Elem().ConvertibleTo(reflect.TypeFor[propertyFactory]()) {
		return nil, fmt.Errorf("goja's templates hold a %s", t)
	}
	symbols, _ := s.template.FieldByName("symProps")
	if t := symbols.Type; t.Kind() != reflect.Map || t.Key() != reflect.TypeFor[*goja.Symbol]() ||
		!t.Elem().ConvertibleTo(reflect.TypeFor[propertyFactory]()) {
		return nil, fmt.Errorf("goja's templates hold symbols in a %s", t)
	}
	if err := s.markValues(rt); err != nil {
		return nil, err
	}
	global, _ := runtime.FieldByName("global")
	if global.Type == nil || global.Type.Kind() != reflect.Struct {
		return nil, fmt.Errorf("%s has no struct of intrinsics", runtime)
	}
	if err := (shape{global.Type, "ObjectPrototype", object, &s.objectPrototype}).find(); err != nil {
		return nil, err
	}
	s.objectPrototype += global.Offset
	s.plain = selfWord(plain, s.objectSelf).tab
	s.array = selfWord(list, s.objectSelf).tab
	s.arrayIterator = selfWord(iterator, s.objectSelf).tab
	if kind, _ := insides(iterator).FieldByName("kind"); kind.Type.Kind() != reflect.Int {
		return nil, fmt.Errorf("the kind of a goja array iterator is a %s", kind.Type)
	}
	s.overValues = s.kindOfIterator(iterator)
	s.typed = selfWord(typed, s.objectSelf).tab
	s.dataView = selfWord(dataView, s.objectSelf).tab
	if err := checkReaction(); err != nil {
		return nil, err
	}
	s.boxed = selfWord(rt.ToValue(true).ToObject(rt), s.objectSelf).tab
	s.proxy = selfWord(proxy, s.objectSelf).tab
	handler := (*iface)(unsafe.Add(selfWord(proxy, s.objectSelf).data, s.proxyHandlers))
	if *(**goja.Object)(handler.data) != plain {
		return nil, errors.New("a goja proxy does not begin its handler with the object")
	}
	s.jsHandler = handler.tab
	for _, f := range []struct {
		example *goja.Object
		shape   *functionShape
	}{{intrinsicReflectApply(rt), &s.nativeFunction}, {functionPrototype(rt), &s.templatedFunction}} {
		for _, field := range []shape{
			{insides(f.example), "f", reflect.TypeFor[native](), &f.shape.call},
			{insides(f.example), "construct", reflect.TypeFor[constructor](), &f.shape.construct},
		} {
			if err := field.find(); err != nil {
				return nil, err
			}
		}
		f.shape.tab = selfWord(f.example, s.objectSelf).tab
	}
	regExps, err := newRegExpSeam(rt, s.objectSelf)
	if err != nil {
		return nil, err
	}
	s.regExps = regExps
	if s.code, err = newCodeSeam(rt, s.objectSelf); err != nil {
		return nil, err
	}
	s.direct = newDirectTables(s.code)
	if err := s.tryInstructions(rt); err != nil {
		return nil, err
	}
	if s.latent, err = newLatentTable(s.plain); err != nil {
		return nil, err
	}
	if err := s.findKinds(rt); err != nil {
		return nil, err
	}
	sample := new(VM).gated(nil, nil)
	s.gateCode = codeOf(unsafe.Pointer(&sample))
	s.intrinsics, err = s.recordIntrinsics(goja.New(), global)
	return &s, err
}

// markValues finds out how goja keeps primitive values.
func (s *seam) markValues(rt *goja.Runtime) error {
	mark := func(v goja.Value) unsafe.Pointer { return (*iface)(unsafe.Pointer(&v)).tab }
	integer, float, text := intValue(1<<20), floatValue(0.5), rt.ToValue("a text that goja does not look at").(goja.String)
	switch imported := reflect.TypeOf(text); {
	case reflect.TypeOf(integer).Kind() != reflect.Int64:
		return fmt.Errorf("an integer is a goja %T", integer)
	case reflect.TypeOf(float).Kind() != reflect.Float64:
		return fmt.Errorf("a number is a goja %T", float)
	case imported.Kind() != reflect.Pointer || imported.Elem().Kind() != reflect.Struct:
		return fmt.Errorf("an imported string is a goja %s", imported)
	default:
		s.integer, s.float, s.restricted = mark(integer), mark(float), mark(property(Null, false, false, false))
		s.imported = (*iface)(unsafe.Pointer(&text)).tab
		return shape{imported.Elem(), "s", reflect.TypeFor[string](), &s.importedText}.find()
	}
}

// intrinsicReflectApply returns a function of goja's that stands for all it has made of a Go
// function.
func intrinsicReflectApply(rt *goja.Runtime) *goja.Object {
	return rt.GlobalObject().Get("Reflect").(*goja.Object).Get("apply").(*goja.Object)
}

func (f shape) find() error {
	found, ok := f.in.FieldByName(f.name)
	if !ok {
		return fmt.Errorf("%s has no field %s", f.in, f.name)
	}
	if f.want != nil && found.Type != f.want {
		return fmt.Errorf("%s.%s is a %s, not a %s", f.in, f.name, found.Type, f.want)
	}
	*f.offset = found.Offset
	return nil
}

// accessorProperty makes a configurable property of a getter and, unless nil, a setter.
func (s *seam) accessorProperty(get, set *goja.Object, enumerable bool) goja.Value {
	v := reflect.New(s.property)
	p := v.UnsafePointer()
	*(*bool)(unsafe.Add(p, s.accessor)) = true
	*(*bool)(unsafe.Add(p, s.configurable)) = true
	*(*bool)(unsafe.Add(p, s.enumerable)) = enumerable
	*(**goja.Object)(unsafe.Add(p, s.get)) = get
	*(**goja.Object)(unsafe.Add(p, s.set)) = set
	return v.Interface().(goja.Value)
}

// likeAccessor makes a property as p is, of a getter.
func (s *seam) likeAccessor(p goja.Value, get *goja.Object) goja.Value {
	v := reflect.New(s.property)
	v.Elem().Set(reflect.NewAt(s.property, (*iface)(unsafe.Pointer(&p)).data).Elem())
	*(**goja.Object)(unsafe.Add(v.UnsafePointer(), s.get)) = get
	return v.Interface().(goja.Value)
}

// valueOf returns the value of a data property that a factory has made.
func (s *seam) valueOf(p goja.Value) goja.Value {
	if !s.hasAttributes(p) {
		return p // a property with no restriction is its value
	}
	return *(*goja.Value)(unsafe.Add((*iface)(unsafe.Pointer(&p)).data, s.value))
}

// attributes of a data property, or of an accessor, which is never writable.
type attributes struct{ writable, enumerable, configurable bool }

// attributesOf returns the attributes of a property that a factory has made.
func (s *seam) attributesOf(p goja.Value) attributes {
	if !s.hasAttributes(p) {
		return attributes{true, true, true}
	}
	at := (*iface)(unsafe.Pointer(&p)).data
	return attributes{*(*bool)(unsafe.Add(at, s.writable)), *(*bool)(unsafe.Add(at, s.enumerable)), *(*bool)(unsafe.Add(at, s.configurable))}
}

// accessorsOf returns the getter and the setter of an accessor that a factory has made.
func (s *seam) accessorsOf(p goja.Value) (get, set *goja.Object, ok bool) {
	if !s.hasAttributes(p) {
		return nil, nil, false
	}
	at := (*iface)(unsafe.Pointer(&p)).data
	if !*(*bool)(unsafe.Add(at, s.accessor)) {
		return nil, nil, false
	}
	return *(**goja.Object)(unsafe.Add(at, s.get)), *(**goja.Object)(unsafe.Add(at, s.set)), true
}

// kinds names what goja keeps in a struct of its own. All else is a "baseObject".
var kinds = map[string]string{
	"arrayObject":               "Array",
	"sparseArrayObject":         "Array",
	"templatedArrayObject":      "Array",
	"arrayBufferObject":         "ArrayBuffer",
	"arrayIterObject":           "Iterator",
	"arrowFuncObject":           "Function",
	"asyncArrowFuncObject":      "Function",
	"asyncFuncObject":           "Function",
	"asyncMethodFuncObject":     "Function",
	"boundFuncObject":           "Function",
	"classFuncObject":           "Function",
	"dataViewObject":            "DataView",
	"dateObject":                "Date",
	"errorObject":               "Error",
	"funcObject":                "Function",
	"generatorFuncObject":       "Function",
	"generatorMethodFuncObject": "Function",
	"generatorObject":           "Generator",
	"mapIterObject":             "Iterator",
	"mapObject":                 "Map",
	"methodFuncObject":          "Function",
	"nativeFuncObject":          "Function",
	"primitiveValueObject":      "Boxed",
	"Promise":                   "Promise",
	"proxyObject":               "Proxy",
	"regExpStringIterObject":    "Iterator",
	"regexpObject":              "RegExp",
	"setIterObject":             "Iterator",
	"setObject":                 "Set",
	"stringIterObject":          "Iterator",
	"stringObject":              "String",
	"templatedFuncObject":       "Function",
	"weakMapObject":             "WeakMap",
	"weakSetObject":             "WeakSet",
	"wrappedFuncObject":         "Function",
}

// kindOf names the struct behind o: see [VM.Kind].
func kindOf(o *goja.Object) string {
	self := awakeSelf(o).Elem()
	name := self.Type().Name()
	if name == "typedArrayObject" {
		elements := self.FieldByName("typedArray").Elem().Type().Elem().Name() // "uint8Array"
		return strings.ToUpper(elements[:1]) + elements[1:]
	}
	if kind, ok := kinds[name]; ok {
		return kind
	}
	return "Object"
}

// insides returns the type of the struct behind o.self.
func insides(o *goja.Object) reflect.Type { return awakeSelf(o).Type().Elem() }

// awakeSelf returns what is behind o, by reflection.
func awakeSelf(o *goja.Object) reflect.Value {
	self := reflect.ValueOf(o).Elem().FieldByName("self")
	if self.Elem().Type() == reflect.TypeFor[*latent]() {
		(*latent)(self.Elem().UnsafePointer()).self()
	}
	return self.Elem()
}

// vmOf returns the VM that rt belongs to. A VM is kept where goja keeps the mapper for
// names of Go struct fields, which no VM of ours has a use for.
func (s *seam) vmOf(rt *goja.Runtime) *VM {
	vm, _ := (*(*goja.FieldNameMapper)(unsafe.Add(unsafe.Pointer(rt), s.runtimeMapper))).(*VM)
	return vm
}

// newInstance makes an object of the class whose name is class, with a prototype and a Go
// value: in memory one piece, a plain object of goja's that the value stands behind. It is an
// object like any other to scripts, and the value lives as long as it does.
func (s *seam) newInstance(rt *goja.Runtime, prototype *goja.Object, class string, state any) *goja.Object {
	memory := reflect.New(s.instance).UnsafePointer()
	base := s.initPlain(rt, memory, class, prototype)
	*(*map[unistring.String]goja.Value)(unsafe.Add(base, s.baseValues)) = make(map[unistring.String]goja.Value)
	*(*any)(unsafe.Add(base, s.instanceState)) = state
	return (*goja.Object)(memory)
}

// initPlain fills memory, of s.whole or s.instance, and returns where the base is in it.
func (s *seam) initPlain(rt *goja.Runtime, memory unsafe.Pointer, class string, prototype *goja.Object) unsafe.Pointer {
	o, base := (*goja.Object)(memory), unsafe.Add(memory, s.wholeBase)
	*(*string)(unsafe.Add(base, s.baseClass)) = class
	*(**goja.Object)(unsafe.Add(base, s.baseVal)) = o
	*(**goja.Object)(unsafe.Add(base, s.basePrototype)) = prototype
	*(*bool)(unsafe.Add(base, s.baseExtensible)) = true
	*(**goja.Runtime)(unsafe.Add(memory, s.objectRuntime)) = rt
	*selfWord(o, s.objectSelf) = iface{s.plain, base}
	return base
}

// sharedNames are names of properties, each there once, that many objects may have for theirs:
// the engine copies a list that ends so before it changes it.
type sharedNames []unistring.String

// shareNames copies names.
func shareNames(names []unistring.String) sharedNames {
	const marker = " " // goja's copyMarker
	if len(names) == 0 {
		return nil // the engine writes over the marker behind none
	}
	shared := make(sharedNames, len(names)+1)
	copy(shared, names)
	shared[len(names)] = marker
	return shared[:len(names)]
}

// newPlain makes an object with these properties, values being as many as names.
func (s *seam) newPlain(rt *goja.Runtime, names sharedNames, values []goja.Value) *goja.Object {
	o, properties := s.newRoom(rt, names)
	for i, name := range names {
		properties[name] = values[i]
	}
	return o
}

// newRoom makes an object with properties of these names, in memory one piece and a map. The
// caller puts their values into the map, or calls dropNames, before anybody looks.
func (s *seam) newRoom(rt *goja.Runtime, names sharedNames) (*goja.Object, map[unistring.String]goja.Value) {
	properties := make(map[unistring.String]goja.Value, len(names))
	memory := reflect.New(s.whole).UnsafePointer()
	base := s.initPlain(rt, memory, "Object", s.objectPrototypeOf(rt))
	*(*map[unistring.String]goja.Value)(unsafe.Add(base, s.baseValues)) = properties
	*(*[]unistring.String)(unsafe.Add(base, s.baseNames)) = names
	return (*goja.Object)(memory), properties
}

// dropNames takes the names that have no value from an object that newRoom made.
func (s *seam) dropNames(o *goja.Object) {
	base := s.behind(o).data
	names := (*[]unistring.String)(unsafe.Add(base, s.baseNames))
	properties := *(*map[unistring.String]goja.Value)(unsafe.Add(base, s.baseValues))
	var left []unistring.String
	for _, name := range *names {
		if _, ok := properties[name]; ok {
			left = append(left, name)
		}
	}
	*names = left
}

// countOf returns how many properties a plain object has.
func (s *seam) countOf(o *goja.Object) int {
	return len(*(*map[unistring.String]goja.Value)(unsafe.Add(s.behind(o).data, s.baseValues)))
}

// put makes an own property of a plain object that was just made: no setter and no proxy
// can be in the way.
func (s *seam) put(o *goja.Object, name unistring.String, v goja.Value) {
	putOwn(s.behind(o).data, name, v)
}

// stateOf returns what newInstance gave o. It must be called only if o's ClassName is, by
// identity, the string that newInstance was given: see [VM.state].
func (s *seam) stateOf(o *goja.Object) any {
	return *(*any)(unsafe.Add(s.behind(o).data, s.instanceState))
}

// iface is how Go keeps an interface in memory.
type iface struct {
	tab  unsafe.Pointer
	data unsafe.Pointer
}

// selfWord is the interface o.self.
func selfWord(o *goja.Object, self uintptr) *iface {
	return (*iface)(unsafe.Add(unsafe.Pointer(o), self))
}

// behind is the interface o.self, of an object whose inside has been made: see [latent].
func (s *seam) behind(o *goja.Object) *iface {
	self := selfWord(o, s.objectSelf)
	if self.tab == unsafe.Pointer(s.latent) {
		(*latent)(self.data).self()
	}
	return self
}

// prevented makes o one that can't be extended.
func (s *seam) prevented(o *goja.Object) *goja.Object {
	*(*bool)(unsafe.Add(s.behind(o).data, s.baseExtensible)) = false
	return o
}

// object returns the Object of what newTemplatedObject or newTemplatedFunction made.
func (s *seam) object(t *templated) *goja.Object {
	return *(**goja.Object)(unsafe.Add(unsafe.Pointer(t), s.baseVal))
}

// clone copies t, so that a platform's additions are its own.
func (s *seam) clone(t *objectTemplate) *objectTemplate {
	c := newObjectTemplate()
	reflect.NewAt(s.template, unsafe.Pointer(c)).Elem().Set(reflect.NewAt(s.template, unsafe.Pointer(t)).Elem())
	props, names := s.propsOf(c), s.namesOf(c)
	*props, *names = maps.Clone(*props), slices.Clone(*names)
	symbols, order := s.symbolsOf(c), s.orderOf(c)
	*symbols, *order = maps.Clone(*symbols), slices.Clone(*order)
	return c
}

// setTemplate makes o, made from a template, take its properties from t instead.
func (s *seam) setTemplate(o *goja.Object, t *objectTemplate) {
	*(**objectTemplate)(unsafe.Add(s.behind(o).data, s.objectTemplate)) = t
}

// templateOf returns what o, made from a template, takes its properties from.
func (s *seam) templateOf(o *goja.Object) *objectTemplate {
	return *(**objectTemplate)(unsafe.Add(s.behind(o).data, s.objectTemplate))
}

// inherit says what an object made from t has as its prototype.
func (s *seam) inherit(t *objectTemplate, prototype func(*goja.Runtime) *goja.Object) {
	*(*func(*goja.Runtime) *goja.Object)(unsafe.Add(unsafe.Pointer(t), s.templateProto)) = prototype
}

// replace sets the factory of one of t's properties and returns the one before, nil if
// there was none.
func (s *seam) replace(t *objectTemplate, name string, f propertyFactory) propertyFactory {
	props, key := *s.propsOf(t), unistring.NewFromString(name)
	old := props[key]
	if old == nil {
		putString(t, key, f)
	} else {
		props[key] = f
	}
	return old
}

// remove takes a property out of t.
func (s *seam) remove(t *objectTemplate, name string) {
	key := unistring.NewFromString(name)
	delete(*s.propsOf(t), key)
	names := s.namesOf(t)
	*names = slices.DeleteFunc(*names, func(n unistring.String) bool { return n == key })
}

func (s *seam) propsOf(t *objectTemplate) *map[unistring.String]propertyFactory {
	return (*map[unistring.String]propertyFactory)(unsafe.Add(unsafe.Pointer(t), s.templateProps))
}

func (s *seam) symbolsOf(t *objectTemplate) *map[*goja.Symbol]propertyFactory {
	return (*map[*goja.Symbol]propertyFactory)(unsafe.Add(unsafe.Pointer(t), s.templateSymbols))
}

// orderOf lists the symbols of symbolsOf.
func (s *seam) orderOf(t *objectTemplate) *[]*goja.Symbol {
	return (*[]*goja.Symbol)(unsafe.Add(unsafe.Pointer(t), s.templateOrder))
}

func (s *seam) namesOf(t *objectTemplate) *[]unistring.String {
	return (*[]unistring.String)(unsafe.Add(unsafe.Pointer(t), s.templateNames))
}
