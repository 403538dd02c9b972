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

// recorder makes templates of the intrinsics of a runtime that nobody else uses.
type recorder struct {
	seam   *seam
	rt     *goja.Runtime
	global reflect.StructField // Runtime.global
	fields map[*goja.Object]place
	kept   int
}

// recordIntrinsics returns the intrinsics as goja makes them in rt, by name. Whatever they
// have that can't be made anew in another runtime is an error.
func (s *seam) recordIntrinsics(rt *goja.Runtime, global reflect.StructField) (map[string]*lazyIntrinsic, error) {
	r := &recorder{seam: s, rt: rt, global: global, fields: make(map[*goja.Object]place)}
	all := make(map[string]*lazyIntrinsic)
	for _, one := range intrinsics() {
		i, err := r.record(one, all[one.parent])
		if err != nil {
			return nil, fmt.Errorf("goja's %s: %w", one.name, err)
		}
		all[one.name] = i
	}
	if r.kept > keptMax {
		return nil, fmt.Errorf("a VM keeps %d objects at most, not %d", keptMax, r.kept)
	}
	return all, nil
}

func (r *recorder) record(one intrinsic, parent *lazyIntrinsic) (*lazyIntrinsic, error) {
	i := &lazyIntrinsic{intrinsic: one, seam: r.seam, inherits: parent}
	var o *goja.Object
	if one.name == "TypedArray" {
		o = intrinsicTypedArray(r.rt) // no global has it
	} else {
		o, _ = r.rt.Get(one.name).(*goja.Object)
	}
	if o == nil {
		return nil, errors.New("there is none")
	}
	inRuntime, ok, err := r.field(one.name)
	if err != nil || !ok {
		return nil, errors.Join(err, errors.New("a Runtime has no place for it"))
	}
	i.place = inRuntime
	r.findFields()
	if i.template, err = r.template(i, one.name, o); err != nil {
		return nil, err
	}
	if one.construct == nil {
		r.seam.inherit(i.template, r.seam.objectPrototypeOf)
		return i, nil
	}
	r.seam.inherit(i.template, i.parentIn)
	if one.prototype != nil {
		return i, nil
	}
	if i.prototypePlace, i.prototypeIsNeededByGoja, err = r.field(one.name + "Prototype"); err != nil {
		return nil, err
	}
	if !i.prototypeIsNeededByGoja {
		i.prototypePlace = r.keep()
	}
	prototype, ok := o.Get("prototype").(*goja.Object)
	if !ok {
		return nil, errors.New("it has no prototype")
	}
	if i.prototypeTemplate, err = r.template(i, one.name+".prototype", prototype); err != nil {
		return nil, fmt.Errorf("prototype: %w", err)
	}
	r.seam.inherit(i.prototypeTemplate, i.parentPrototypeIn)
	return i, nil
}

func (i *lazyIntrinsic) parentIn(rt *goja.Runtime) *goja.Object {
	if i.inherits == nil {
		return functionPrototype(rt)
	}
	return i.inherits.in(rt)
}

func (i *lazyIntrinsic) parentPrototypeIn(rt *goja.Runtime) *goja.Object {
	if i.inherits == nil {
		return i.seam.objectPrototypeOf(rt)
	}
	return i.inherits.prototypeIn(rt)
}

// field returns where in a Runtime goja keeps the object of that name; false: nowhere.
func (r *recorder) field(name string) (place, bool, error) {
	if _, ok := r.global.Type.FieldByName(name); !ok {
		return place{}, false, nil
	}
	p := place{}
	err := shape{r.global.Type, name, reflect.TypeFor[*goja.Object](), &p.inRuntime}.find()
	p.inRuntime += r.global.Offset
	return p, err == nil, err
}

// findFields looks which objects goja has kept in rt by now.
func (r *recorder) findFields() {
	for i := range r.global.Type.NumField() {
		if f := r.global.Type.Field(i); f.Type == reflect.TypeFor[*goja.Object]() {
			p := place{inRuntime: r.global.Offset + f.Offset}
			if o := *r.seam.at(r.rt, p); o != nil {
				r.fields[o] = p
			}
		}
	}
}

func (r *recorder) keep() place {
	r.kept++
	return place{kept: r.kept - 1}
}

// template makes a template of o, which is at path and belongs to i.
func (r *recorder) template(i *lazyIntrinsic, path string, o *goja.Object) (*objectTemplate, error) {
	s, t := r.seam, newObjectTemplate()
	base := selfWord(o, s.objectSelf).data
	values := *(*map[unistring.String]goja.Value)(unsafe.Add(base, s.baseValues))
	names := *(*[]unistring.String)(unsafe.Add(base, s.baseNames))
	symbols := ownSymbols(base, true, nil)
	var functions []*goja.Object
	for _, name := range names {
		functions = append(functions, s.functionsOf(values[name])...)
	}
	for _, symbol := range symbols {
		functions = append(functions, s.functionsOf(ownSymbol(base, symbol.(*goja.Symbol)))...)
	}
	r.share(functions)
	for _, name := range names {
		f, err := r.property(i, name.String(), values[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		putString(t, name, s.guardedFactory(path, name.String(), f))
	}
	for _, v := range symbols {
		symbol := v.(*goja.Symbol)
		key := symbolKey(symbol)
		f, err := r.property(i, key, ownSymbol(base, symbol))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		putSymbol(t, symbol, s.guardedFactory(path, key, f))
	}
	return t, nil
}

// functionsOf returns the objects in a property.
func (s *seam) functionsOf(property goja.Value) (functions []*goja.Object) {
	get, set, ok := s.accessorsOf(property)
	if !ok {
		get, _ = s.valueOf(property).(*goja.Object)
	}
	for _, o := range []*goja.Object{get, set} {
		if o != nil {
			functions = append(functions, o)
		}
	}
	return functions
}

// share gives a place to those that are listed more than once: whichever property is touched
// first makes it for all.
func (r *recorder) share(functions []*goja.Object) {
	seen := make(map[*goja.Object]bool)
	for _, o := range functions {
		if _, ok := r.fields[o]; seen[o] && !ok {
			r.fields[o] = r.keep()
		}
		seen[o] = true
	}
}

// property returns what makes a property like v.
func (r *recorder) property(i *lazyIntrinsic, key string, v goja.Value) (propertyFactory, error) {
	s := r.seam
	if get, set, ok := s.accessorsOf(v); ok {
		getter, err := r.function(get)
		if err == nil && set != nil {
			err = errors.New("it has a setter")
		}
		return func(rt *goja.Runtime) goja.Value { return s.likeAccessor(v, getter(rt)) }, err
	}
	like := s.attributesOf(v)
	with := func(object func(*goja.Runtime) *goja.Object) propertyFactory {
		return func(rt *goja.Runtime) goja.Value {
			return property(object(rt), like.writable, like.enumerable, like.configurable)
		}
	}
	value := s.valueOf(v)
	o, isObject := value.(*goja.Object)
	switch {
	case !isObject:
		return func(*goja.Runtime) goja.Value {
			return property(value, like.writable, like.enumerable, like.configurable)
		}, nil
	case key == "constructor":
		return with(i.in), nil
	case key == "prototype":
		return with(i.prototypeIn), nil
	}
	function, err := r.function(o)
	return with(function), err
}

// boundMethod is how Go keeps a method in a func, and the Runtime that it is bound to.
type boundMethod struct {
	code uintptr
	rt   *goja.Runtime
}

// function returns what makes a function like o. It must be a method of goja's Runtime with
// nothing but a name and a length.
func (r *recorder) function(o *goja.Object) (func(*goja.Runtime) *goja.Object, error) {
	s := r.seam
	self := selfWord(o, s.objectSelf)
	if self.tab != s.nativeFunction.tab {
		return nil, errors.New("it is no function of goja's")
	}
	call := *(**boundMethod)(unsafe.Add(self.data, s.nativeFunction.call))
	code := runtime.FuncForPC(call.code)
	if code == nil || !strings.HasPrefix(code.Name(), "github.com/dop251/goja.(*Runtime).") || !strings.HasSuffix(code.Name(), "-fm") || call.rt != r.rt {
		return nil, errors.New("its function is no method of goja's Runtime")
	}
	if *(*constructor)(unsafe.Add(self.data, s.nativeFunction.construct)) != nil {
		return nil, errors.New("its function is a constructor")
	}
	if names := o.GetOwnPropertyNames(); len(names) != 2 || len(o.Symbols()) != 0 {
		return nil, fmt.Errorf("its function has the properties %q", names)
	}
	pc, name, length := call.code, unistring.NewFromString(o.Get("name").String()), int(o.Get("length").ToInteger())
	fresh := func(rt *goja.Runtime) *goja.Object {
		bound := &boundMethod{pc, rt}
		return newNativeFunction(rt, *(*native)(unsafe.Pointer(&bound)), name, length)
	}
	p, ok := r.fields[o]
	if !ok {
		return fresh, nil
	}
	return func(rt *goja.Runtime) *goja.Object {
		slot := s.at(rt, p)
		if *slot == nil {
			*slot = fresh(rt)
		}
		return *slot
	}, nil
}
