package webapi

import (
	"strings"

	"github.com/skerry-edge/skerry/isolate/js"
)

// message is what requests and responses have in common. Its headers and its stream are
// part of it, so that a message is one piece of memory.
type message struct {
	headers headers
	body    *stream // nil: no body, which is not an empty one
	stream  stream  // body, for a body that began here
}

// hold makes data the body. If shared is true somebody else has the memory too; nobody
// may write to it either way.
func (m *message) hold(data []byte, shared bool) {
	m.stream.data, m.stream.shared = data, shared
	m.body = &m.stream
}

// extract makes what a script gave as a body the body, and returns the MIME type that it
// brings along, if it does.
//
// Spec: https://fetch.spec.whatwg.org/#concept-bodyinit-extract
func (m *message) extract(vm *js.VM, v js.Value) (contentType string, err error) {
	if js.IsString(v) {
		return m.holdText(vm.String(v)), nil
	}
	if s := js.As[stream](vm, v); s != nil {
		m.body = s
		return "", s.usable()
	}
	if b := js.As[blob](vm, v); b != nil {
		m.hold(b.data, true)
		return byteString(vm, "the type of the Blob", b.typ)
	}
	if f := js.As[formData](vm, v); f != nil {
		data, contentType, err := f.multipart(vm)
		m.hold(data, false)
		return contentType, err
	}
	if p := js.As[urlSearchParams](vm, v); p != nil {
		m.hold(viewBytes(p.serialize(vm)), true)
		return "application/x-www-form-urlencoded;charset=UTF-8", nil
	}
	if data, ok := vm.BytesOf(v); ok {
		m.hold(cloneBytes(vm, data), false) // the script can write to its own
		return "", nil
	}
	return m.holdText(vm.String(v)), nil
}

func (m *message) holdText(text string) (contentType string) {
	m.hold(viewBytes(text), true)
	return "text/plain;charset=UTF-8"
}

// setType adds contentType to the headers unless they say one already.
func (m *message) setType(vm *js.VM, contentType string) {
	if contentType == "" {
		return
	}
	if name := nameOf(vm, "content-type"); m.headers.indexOf(&name) >= 0 {
		return
	}
	m.headers.own()
	m.headers.list = append(m.headers.list, Field{"content-type", contentType})
}

// tee gives to a copy of m the same body: what one of them reads the other keeps.
func (m *message) tee(copied *message) error {
	if m.body == nil {
		return nil
	}
	if err := m.body.usable(); err != nil {
		return err
	}
	m.body, copied.body = m.body.tee()
	return nil
}

// take reads the whole body; a message without one gives no bytes.
func (m *message) take() (data []byte, shared bool, err error) {
	if m.body == nil {
		return nil, false, nil
	}
	if err := m.body.usable(); err != nil {
		return nil, false, err
	}
	data, shared = m.body.take()
	return data, shared, nil
}

// text reads the whole body as UTF-8.
func (m *message) text(vm *js.VM) (string, error) {
	data, _, err := m.take()
	return decodeUTF8(vm, strings.TrimPrefix(viewString(data), "\uFEFF")), err
}

// carrier is a Request or a Response.
type carrier[T any] interface {
	*T
	content() *message
	fields(*js.VM) *headers // those of content, complete
}

// bodyMembers returns the members that requests and responses share.
//
// Spec: https://fetch.spec.whatwg.org/#body-mixin
func bodyMembers[T any, P carrier[T]]() []js.Member[T] {
	read := func(name string, convert func(*js.VM, *message) (any, error)) js.Member[T] {
		return js.PromiseMethod(name, 0, func(t *T, c *js.Call) (any, error) { return convert(c.VM, P(t).content()) })
	}
	return []js.Member[T]{
		js.Getter("headers", func(t *T, c *js.Call) (any, error) { return P(t).fields(c.VM), nil }),
		js.Getter("body", func(t *T, _ *js.Call) (any, error) {
			if s := P(t).content().body; s != nil {
				return s, nil
			}
			return nil, nil
		}),
		js.Getter("bodyUsed", func(t *T, _ *js.Call) (any, error) {
			s := P(t).content().body
			return s != nil && s.disturbed, nil
		}),
		read("text", func(vm *js.VM, m *message) (any, error) { return m.text(vm) }),
		read("json", func(vm *js.VM, m *message) (any, error) {
			text, err := m.text(vm)
			if err != nil {
				return nil, err
			}
			return vm.ParseJSON(text)
		}),
		read("arrayBuffer", func(vm *js.VM, m *message) (any, error) {
			data, shared, err := m.take()
			return js.Buffer(owned(vm, data, shared)), err
		}),
		read("bytes", func(vm *js.VM, m *message) (any, error) {
			data, shared, err := m.take()
			return js.Bytes(owned(vm, data, shared)), err
		}),
		js.PromiseMethod("blob", 0, func(t *T, c *js.Call) (any, error) {
			data, _, err := P(t).content().take()
			b := &blob{data: data}
			if typ, ok := P(t).fields(c.VM).mimeType(c.VM); ok {
				b.typ = isomorphic(c.VM, typ.String())
			}
			return b, err
		}),
		js.PromiseMethod("formData", 0, func(t *T, c *js.Call) (any, error) {
			data, _, err := P(t).content().take()
			if err != nil {
				return nil, err
			}
			typ, _ := P(t).fields(c.VM).mimeType(c.VM)
			return parseForm(c.VM, data, typ, dateNow(c.VM))
		}),
	}
}
