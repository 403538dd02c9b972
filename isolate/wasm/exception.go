package wasm

import "github.com/skerry-edge/skerry/isolate/js"

// tagClass is WebAssembly.Tag. No module can have a tag here: tags are for scripts that throw
// and catch exceptions of the kind that modules elsewhere do, and for code that asks whether
// what it has caught is one.
//
// Spec: https://webassembly.github.io/spec/js-api/#tags
var tagClass = js.Class[tag]{
	Name:        "Tag",
	Tag:         "WebAssembly.Tag",
	Constructor: newTag,
	Length:      1,
}

// tag says what exceptions of a kind carry.
type tag struct {
	js.Instance
	params []valueType
}

func newTag(c *js.Call) (*tag, error) {
	if !js.IsObject(c.Arg(0)) {
		return nil, js.TypeError("Tag: the descriptor must be an object, such as {parameters: [\"i32\"]}")
	}
	list := c.VM.Get(c.Arg(0), "parameters")
	if !c.VM.Iterable(list) {
		return nil, js.TypeError("Tag: parameters must be an array, or another iterable object")
	}
	t := new(tag)
	var err error
	c.VM.ForOf(list, func(v js.Value) bool {
		var typ valueType
		if typ, err = namedType(c.VM.String(v)); err == nil && len(t.params) == parametersMax {
			err = js.TypeError("Tag: there are more than %d parameters", parametersMax)
		}
		t.params = append(t.params, typ)
		return err == nil
	})
	return t, err
}

// namedType is the type that scripts know by a name.
func namedType(name string) (valueType, error) {
	if name == "funcref" {
		return typeFuncref, nil
	}
	for t, known := range typeNames {
		if known == name {
			return t, nil
		}
	}
	return 0, js.TypeError("there is no type %q of values", clip(name))
}

// exceptionClass is WebAssembly.Exception.
//
// Spec: https://webassembly.github.io/spec/js-api/#runtime-exceptions
var exceptionClass = js.Class[exception]{
	Name:        "Exception",
	Tag:         "WebAssembly.Exception",
	Constructor: newException,
	Length:      2,
	Members: []js.Member[exception]{
		js.Method("getArg", 2, (*exception).arg),
		js.Method("is", 1, func(e *exception, c *js.Call) (any, error) {
			t, err := tagArg(c)
			return e.tag == t, err
		}),
	},
}

// exception is a tag and the values that it asks for.
type exception struct {
	js.Instance
	tag     *tag
	payload []any // as functions return them
}

func tagArg(c *js.Call) (*tag, error) {
	t := js.As[tag](c.VM, c.Arg(0))
	if t == nil {
		return nil, js.TypeError("Exception: the argument must be a WebAssembly.Tag")
	}
	return t, nil
}

func newException(c *js.Call) (*exception, error) {
	t, err := tagArg(c)
	if err != nil {
		return nil, err
	}
	s, err := storeOf(c.VM)
	if err != nil {
		return nil, err
	}
	if t == s.scriptTag {
		return nil, js.TypeError("Exception: what has the tag JSTag is thrown by throw")
	}
	if !c.VM.Iterable(c.Arg(1)) {
		return nil, js.TypeError("Exception: the payload must be an array, or another iterable object")
	}
	var values []js.Value
	c.VM.ForOf(c.Arg(1), func(v js.Value) bool {
		values = append(values, v)
		return len(values) <= len(t.params)
	})
	if len(values) != len(t.params) {
		return nil, js.TypeError("Exception: the tag asks for %d values", len(t.params))
	}
	e := &exception{tag: t}
	for i, v := range values {
		if t.params[i] == typeExternref {
			e.payload = append(e.payload, v)
			continue
		}
		bits, err := s.toWasm(v, t.params[i])
		if err != nil {
			return nil, err
		}
		value, err := s.toJS(bits, t.params[i])
		if err != nil {
			return nil, err
		}
		e.payload = append(e.payload, value)
	}
	return e, nil
}

// arg returns a value of the payload.
//
// Spec: https://webassembly.github.io/spec/js-api/#dom-exception-getarg
func (e *exception) arg(c *js.Call) (any, error) {
	t, err := tagArg(c)
	if err != nil {
		return nil, err
	}
	i, err := unsigned(c.VM, c.Arg(1), "the index")
	switch {
	case err != nil:
		return nil, err
	case t != e.tag:
		return nil, js.TypeError("Exception: it has another tag")
	case uint64(i) >= uint64(len(e.payload)):
		return nil, js.RangeError("Exception: there is no value %d: there are %d", i, len(e.payload))
	}
	return e.payload[i], nil
}

// scriptTag is the tag of what scripts throw.
//
// Spec: https://webassembly.github.io/spec/js-api/#dom-webassembly-jstag
func scriptTag(c *js.Call) (any, error) {
	s, err := storeOf(c.VM)
	if err != nil {
		return nil, err
	}
	if s.scriptTag == nil {
		s.scriptTag = &tag{params: []valueType{typeExternref}}
	}
	return s.scriptTag, nil
}
