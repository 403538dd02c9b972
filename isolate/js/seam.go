package js

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// This file is the whole of what Skerry knows of goja's inside. goja builds its own
// intrinsics from templates: tables from a property's name to a function that makes the
// property when a script first touches it. That is just what a platform of a hundred
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

//go:linkname newNativeFunction github.com/dop251/goja.(*Runtime).newNativeFunc
func newNativeFunction(r *goja.Runtime, f func(goja.FunctionCall) goja.Value, name unistring.String, length int) *goja.Object

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

//go:linkname runWrapped github.com/dop251/goja.(*Runtime).runWrapped
func runWrapped(r *goja.Runtime, f func()) error

//go:linkname intrinsicJSON github.com/dop251/goja.(*Runtime).getJSON
func intrinsicJSON(r *goja.Runtime) *goja.Object

//go:linkname intrinsicSymbol github.com/dop251/goja.(*Runtime).getSymbol
func intrinsicSymbol(r *goja.Runtime) *goja.Object

//go:linkname intrinsicPromise github.com/dop251/goja.(*Runtime).getPromise
func intrinsicPromise(r *goja.Runtime) *goja.Object

//go:linkname intrinsicObject github.com/dop251/goja.(*Runtime).getObject
func intrinsicObject(r *goja.Runtime) *goja.Object

//go:linkname intrinsicMap github.com/dop251/goja.(*Runtime).getMap
func intrinsicMap(r *goja.Runtime) *goja.Object

//go:linkname intrinsicError github.com/dop251/goja.(*Runtime).getError
func intrinsicError(r *goja.Runtime) *goja.Object

//go:linkname intrinsicRangeError github.com/dop251/goja.(*Runtime).getRangeError
func intrinsicRangeError(r *goja.Runtime) *goja.Object

//go:linkname intrinsicSyntaxError github.com/dop251/goja.(*Runtime).getSyntaxError
func intrinsicSyntaxError(r *goja.Runtime) *goja.Object

//go:linkname intrinsicEvalError github.com/dop251/goja.(*Runtime).getEvalError
func intrinsicEvalError(r *goja.Runtime) *goja.Object

//go:linkname iteratorPrototype github.com/dop251/goja.(*Runtime).getIteratorPrototype
func iteratorPrototype(r *goja.Runtime) *goja.Object

//go:linkname intrinsicArray github.com/dop251/goja.(*Runtime).getArray
func intrinsicArray(r *goja.Runtime) *goja.Object

//go:linkname intrinsicRegExp github.com/dop251/goja.(*Runtime).getRegExp
func intrinsicRegExp(r *goja.Runtime) *goja.Object

//go:linkname newArrayOf github.com/dop251/goja.(*Runtime).newArrayValues
func newArrayOf(r *goja.Runtime, values []goja.Value) *goja.Object

//go:linkname putOwn github.com/dop251/goja.(*baseObject)._put
func putOwn(base unsafe.Pointer, name unistring.String, v goja.Value)

// seam holds what reflection found out about goja's structs. It never changes.
type seam struct {
	mapper   uintptr      // Runtime.fieldNameMapper, where a Runtime keeps its VM
	self     uintptr      // Object.self, an interface that holds a *baseObject
	class    uintptr      // baseObject.class, a string
	base     reflect.Type // baseObject
	instance reflect.Type // struct { baseObject; any }
	state    uintptr      // the any in instance
	val      uintptr      // baseObject.val, the Object that a base belongs to
	tmpl     uintptr      // templatedObject.tmpl, and of templatedFuncObject
	template reflect.Type // objectTemplate
	props    uintptr      // objectTemplate.props
	names    uintptr      // objectTemplate.propNames
	proto    uintptr      // objectTemplate.protoFactory

	property                                            reflect.Type // valueProperty, and its fields:
	value, accessor, enumerable, configurable, get, set uintptr
}

// newSeam inspects goja and says what is not as it should be.
func newSeam() (*seam, error) {
	var s seam
	runtime := reflect.TypeFor[goja.Runtime]()
	mapper, err := field(runtime, "fieldNameMapper", reflect.TypeFor[goja.FieldNameMapper]())
	if err != nil {
		return nil, err
	}
	object := reflect.TypeFor[goja.Object]()
	self, err := field(object, "self", nil)
	if err != nil {
		return nil, err
	}
	rt := goja.New()
	plain := reflect.ValueOf(rt.CreateObject(nil)).Elem().FieldByName("self").Elem()
	if plain.Kind() != reflect.Pointer || plain.Elem().Kind() != reflect.Struct {
		return nil, fmt.Errorf("a plain goja object is a %s", plain.Type())
	}
	s.base = plain.Type().Elem()
	class, err := field(s.base, "class", reflect.TypeFor[string]())
	if err != nil {
		return nil, err
	}
	s.instance = reflect.StructOf([]reflect.StructField{
		{Name: "Base", Type: s.base},
		{Name: "State", Type: reflect.TypeFor[any]()},
	})
	val, err := field(s.base, "val", reflect.PointerTo(object))
	if err != nil {
		return nil, err
	}
	global := insides(rt.GlobalObject())
	tmpl, err := field(global, "tmpl", nil)
	if err != nil {
		return nil, err
	}
	fn := insides(functionPrototype(rt))
	if fn.Field(0).Type != global {
		return nil, fmt.Errorf("%s does not begin with a %s", fn, global)
	}
	if global.Field(0).Type != s.base {
		return nil, fmt.Errorf("%s does not begin with a %s", global, s.base)
	}
	s.template = tmpl.Type.Elem()
	props, err := field(s.template, "props", nil)
	if err != nil {
		return nil, err
	}
	if props.Type.Kind() != reflect.Map || props.Type.Key() != reflect.TypeFor[unistring.String]() ||
		!props.Type.Elem().ConvertibleTo(reflect.TypeFor[propertyFactory]()) {
		return nil, fmt.Errorf("goja's templates hold a %s", props.Type)
	}
	names, err := field(s.template, "propNames", reflect.TypeFor[[]unistring.String]())
	if err != nil {
		return nil, err
	}
	proto, err := field(s.template, "protoFactory", reflect.TypeFor[func(*goja.Runtime) *goja.Object]())
	if err != nil {
		return nil, err
	}
	if err := s.inspectProperty(); err != nil {
		return nil, err
	}
	s.mapper, s.self, s.class, s.val = mapper.Offset, self.Offset, class.Offset, val.Offset
	s.state = s.instance.Field(1).Offset
	s.tmpl, s.props, s.names, s.proto = tmpl.Offset, props.Offset, names.Offset, proto.Offset
	return &s, nil
}

// inspectProperty finds the fields of goja's property descriptors.
func (s *seam) inspectProperty() error {
	t := reflect.TypeOf(property(goja.Undefined(), false, false, false))
	if t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("a goja property is a %s", t)
	}
	s.property = t.Elem()
	object := reflect.TypeFor[*goja.Object]()
	for _, f := range []struct {
		name   string
		typ    reflect.Type
		offset *uintptr
	}{
		{"value", reflect.TypeFor[goja.Value](), &s.value},
		{"accessor", reflect.TypeFor[bool](), &s.accessor},
		{"enumerable", reflect.TypeFor[bool](), &s.enumerable},
		{"configurable", reflect.TypeFor[bool](), &s.configurable},
		{"getterFunc", object, &s.get},
		{"setterFunc", object, &s.set},
	} {
		found, err := field(s.property, f.name, f.typ)
		if err != nil {
			return err
		}
		*f.offset = found.Offset
	}
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

// valueOf returns the value of a data property that a factory has made.
func (s *seam) valueOf(p goja.Value) goja.Value {
	v := reflect.ValueOf(p)
	if v.Type() != reflect.PointerTo(s.property) {
		return p // a property with no restriction is its value
	}
	return *(*goja.Value)(unsafe.Add(v.UnsafePointer(), s.value))
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
	self := reflect.ValueOf(o).Elem().FieldByName("self").Elem().Elem()
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
func insides(o *goja.Object) reflect.Type {
	return reflect.ValueOf(o).Elem().FieldByName("self").Elem().Type().Elem()
}

func field(t reflect.Type, name string, want reflect.Type) (reflect.StructField, error) {
	f, ok := t.FieldByName(name)
	if !ok {
		return f, fmt.Errorf("%s has no field %s", t, name)
	}
	if want != nil && f.Type != want {
		return f, fmt.Errorf("%s.%s is a %s, not a %s", t, name, f.Type, want)
	}
	return f, nil
}

// vmOf returns the VM that rt belongs to. A VM is kept where goja keeps the mapper for
// names of Go struct fields, which no VM of ours has a use for.
func (s *seam) vmOf(rt *goja.Runtime) *VM {
	vm, _ := (*(*goja.FieldNameMapper)(unsafe.Add(unsafe.Pointer(rt), s.mapper))).(*VM)
	return vm
}

// attach makes o, a plain object, an instance of the class whose name is class and gives
// it a Go value: o's insides move to a larger struct that begins as goja's own does.
// Properties, prototype and identity are untouched, and the value lives as long as o.
func (s *seam) attach(o *goja.Object, class string, state any) {
	data := selfData(o, s.self)
	bigger := reflect.New(s.instance).UnsafePointer()
	reflect.NewAt(s.base, bigger).Elem().Set(reflect.NewAt(s.base, *data).Elem())
	*(*string)(unsafe.Add(bigger, s.class)) = class
	*(*any)(unsafe.Add(bigger, s.state)) = state
	*data = bigger
}

// put makes an own property of a plain object that was just made: no setter and no proxy
// can be in the way.
func (s *seam) put(o *goja.Object, name unistring.String, v goja.Value) {
	putOwn(*selfData(o, s.self), name, v)
}

// stateOf returns what attach gave o. It must be called only if o's ClassName is, by
// identity, the string that attach was given: see [VM.state].
func (s *seam) stateOf(o *goja.Object) any {
	return *(*any)(unsafe.Add(*selfData(o, s.self), s.state))
}

// selfData is the data word of the interface o.self.
func selfData(o *goja.Object, self uintptr) *unsafe.Pointer {
	type iface struct {
		tab  unsafe.Pointer
		data unsafe.Pointer
	}
	return &(*iface)(unsafe.Add(unsafe.Pointer(o), self)).data
}

// object returns the Object of what newTemplatedObject or newTemplatedFunction made.
func (s *seam) object(t *templated) *goja.Object {
	return *(**goja.Object)(unsafe.Add(unsafe.Pointer(t), s.val))
}

// clone copies t, so that a platform's additions are its own.
func (s *seam) clone(t *objectTemplate) *objectTemplate {
	c := newObjectTemplate()
	reflect.NewAt(s.template, unsafe.Pointer(c)).Elem().Set(reflect.NewAt(s.template, unsafe.Pointer(t)).Elem())
	props, names := s.propsOf(c), s.namesOf(c)
	*props, *names = maps.Clone(*props), slices.Clone(*names)
	return c
}

// setTemplate makes o, made from a template, take its properties from t instead.
func (s *seam) setTemplate(o *goja.Object, t *objectTemplate) {
	*(**objectTemplate)(unsafe.Add(*selfData(o, s.self), s.tmpl)) = t
}

// templateOf returns what o, made from a template, takes its properties from.
func (s *seam) templateOf(o *goja.Object) *objectTemplate {
	return *(**objectTemplate)(unsafe.Add(*selfData(o, s.self), s.tmpl))
}

// inherit says what an object made from t has as its prototype.
func (s *seam) inherit(t *objectTemplate, prototype func(*goja.Runtime) *goja.Object) {
	*(*func(*goja.Runtime) *goja.Object)(unsafe.Add(unsafe.Pointer(t), s.proto)) = prototype
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
	return (*map[unistring.String]propertyFactory)(unsafe.Add(unsafe.Pointer(t), s.props))
}

func (s *seam) namesOf(t *objectTemplate) *[]unistring.String {
	return (*[]unistring.String)(unsafe.Add(unsafe.Pointer(t), s.names))
}
