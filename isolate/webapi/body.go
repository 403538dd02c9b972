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

// holdSource makes what source gives the body. The message owns source: if it is not read to
// its end, it is canceled.
func (m *message) holdSource(source Source) {
	m.stream.source = source
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
func (m *message) tee(vm *js.VM, copied *message) error {
	if m.body == nil {
		return nil
	}
	if err := m.body.usable(); err != nil {
		return err
	}
	a, b, err := m.body.tee(vm, true)
	if err == nil {
		m.body, copied.body = a, b
	}
	return err
}

// read reads the whole body and returns what convert makes of it: at once if all of it is
// here, else a promise. A message without a body gives no bytes. If shared is false, data is
// convert's alone.
func (m *message) read(vm *js.VM, convert func(data []byte, shared bool) (any, error)) (any, error) {
	if m.body == nil {
		return convert(nil, false)
	}
	if err := m.body.usable(); err != nil {
		return nil, err
	}
	if m.body.buffered() {
		return convert(m.body.take())
	}
	return m.body.collect(vm, func(data []byte) (any, error) { return convert(data, false) }), nil
}

// send gives the body away: as data if all of it is here, else as a source.
func (m *message) send(vm *js.VM) (data []byte, source Source, err error) {
	if m.body == nil {
		return nil, nil, nil
	}
	if err := m.body.usable(); err != nil {
		return nil, nil, err
	}
	if m.body.buffered() {
		data, _ = m.body.take()
		return data, nil, nil
	}
	return nil, m.body.handOver(vm), nil
}

// bodyText is data as UTF-8, without a byte order mark.
func bodyText(vm *js.VM, data []byte) string {
	return decodeUTF8(vm, strings.TrimPrefix(viewString(data), "\uFEFF"))
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
	read := func(name string, convert func(vm *js.VM, t *T, data []byte, shared bool) (any, error)) js.Member[T] {
		return js.PromiseMethod(name, 0, func(t *T, c *js.Call) (any, error) {
			return P(t).content().read(c.VM, func(data []byte, shared bool) (any, error) { return convert(c.VM, t, data, shared) })
		})
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
		read("text", func(vm *js.VM, _ *T, data []byte, _ bool) (any, error) { return bodyText(vm, data), nil }),
		read("json", func(vm *js.VM, _ *T, data []byte, _ bool) (any, error) { return vm.ParseJSON(bodyText(vm, data)) }),
		read("arrayBuffer", func(vm *js.VM, _ *T, data []byte, shared bool) (any, error) {
			return js.Buffer(owned(vm, data, shared)), nil
		}),
		read("bytes", func(vm *js.VM, _ *T, data []byte, shared bool) (any, error) {
			return js.Bytes(owned(vm, data, shared)), nil
		}),
		read("blob", func(vm *js.VM, t *T, data []byte, _ bool) (any, error) {
			b := &blob{data: data}
			if typ, ok := P(t).fields(vm).mimeType(vm); ok {
				b.typ = isomorphic(vm, typ.String())
			}
			return b, nil
		}),
		read("formData", func(vm *js.VM, t *T, data []byte, _ bool) (any, error) {
			typ, _ := P(t).fields(vm).mimeType(vm)
			return parseForm(vm, data, typ, dateNow(vm))
		}),
	}
}
