package webapi

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/textproto"
	"strings"

	"github.com/skerry-edge/skerry/isolate/js"
)

// dispositionBytesMax bounds the name and the filename of a field that is read.
const dispositionBytesMax = 64 << 10

// formFieldsMax bounds the fields of a form that is read, each of which costs far more
// memory than the few bytes that ask for it.
const formFieldsMax = 10_000

func errFormFields() error {
	return js.TypeError("formData: the body has more than %d fields", formFieldsMax)
}

// parseForm reads a body of MIME type t as a form, whose files say that they were modified
// at the time modified, in milliseconds since 1970. Nobody may write to data afterwards.
//
// Spec: https://fetch.spec.whatwg.org/#dom-body-formdata
func parseForm(vm *js.VM, data []byte, t mimeType, modified int64) (*formData, error) {
	switch t.essence() {
	case "multipart/form-data":
		boundary, ok := t.parameter("boundary")
		if !ok || boundary == "" {
			return nil, js.TypeError("formData: the Content-Type has no boundary")
		}
		return parseMultipart(vm, data, boundary, modified)
	case "application/x-www-form-urlencoded":
		if bytes.Count(data, []byte("&")) >= formFieldsMax {
			return nil, errFormFields()
		}
		f := new(formData)
		for _, p := range parseURLEncoded(vm, decodeUTF8(vm, viewString(data))) {
			f.list = append(f.list, entry{name: p.name, text: p.value})
		}
		return f, nil
	case "/":
		return nil, js.TypeError("formData: the body has no Content-Type; a form's is multipart/form-data or application/x-www-form-urlencoded")
	default:
		return nil, js.TypeError("formData: the body is %s, not multipart/form-data or application/x-www-form-urlencoded", t.essence())
	}
}

func parseMultipart(vm *js.VM, data []byte, boundary string, modified int64) (*formData, error) {
	f := new(formData)
	parts := multipart.NewReader(checkedReader{vm, bytes.NewReader(data)}, boundary)
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF { // as it is: at the last boundary. Wrapped, the bytes ended before it
			return f, nil
		}
		if err != nil {
			return nil, js.TypeError("formData: the body is not multipart/form-data as its Content-Type says: %v", err)
		}
		if len(f.list) == formFieldsMax {
			return nil, errFormFields()
		}
		e, err := parsePart(vm, part)
		if err != nil {
			return nil, js.TypeError("formData: part %d: %v", len(f.list)+1, err)
		}
		if e.file != nil {
			e.file.lastModified = modified
		}
		f.list = append(f.list, e)
	}
}

// checkedReader lets the turn end while a body is read.
type checkedReader struct {
	vm   *js.VM
	from io.Reader
}

func (r checkedReader) Read(p []byte) (int, error) {
	r.vm.Checkpoint()
	return r.from.Read(p)
}

func parsePart(vm *js.VM, part *multipart.Part) (entry, error) {
	disposition := part.Header.Get("Content-Disposition")
	if len(disposition) > dispositionBytesMax {
		return entry{}, errors.New("its Content-Disposition is too long")
	}
	kind, parameters, err := mime.ParseMediaType(disposition)
	if err != nil {
		return entry{}, err
	}
	name, ok := parameters["name"]
	if kind != "form-data" || !ok {
		return entry{}, errors.New("its Content-Disposition is not form-data with a name")
	}
	content, err := io.ReadAll(part)
	if err != nil {
		return entry{}, err
	}
	e := entry{name: unescapeName(vm, name)}
	filename, ok := parameters["filename"]
	if !ok {
		e.text = decodeUTF8(vm, viewString(content))
		return e, nil
	}
	e.file = &file{blob: blob{data: content, typ: partType(vm, part.Header)}, name: unescapeName(vm, filename)}
	return e, nil
}

// partType is the type of a file: text/plain if the part says none.
func partType(vm *js.VM, header textproto.MIMEHeader) string {
	if typ := header.Get("Content-Type"); typ != "" {
		return blobType(vm, typ)
	}
	return "text/plain"
}

// escapeName and unescapeName write and read a name or a filename between the quotes of a
// Content-Disposition.
//
// Spec: https://html.spec.whatwg.org/#multipart-form-data
func escapeName(vm *js.VM, s string) string {
	if !containsAny(vm, s, "\r\n\"") {
		return s
	}
	out := newBuffer(vm, len(s))
	for piece := range chunks(vm, s) {
		out.write(nameEscapes.Replace(piece))
	}
	return out.text()
}

func unescapeName(vm *js.VM, s string) string {
	return nameUnescapes.Replace(decodeUTF8(vm, s))
}

var (
	nameEscapes   = strings.NewReplacer("\n", "%0A", "\r", "%0D", `"`, "%22")
	nameUnescapes = strings.NewReplacer("%0A", "\n", "%0D", "\r", "%22", `"`)
)

// multipart writes f as a body and returns its MIME type too.
//
// Spec: https://html.spec.whatwg.org/#multipart-form-data
func (f *formData) multipart(vm *js.VM) (data []byte, contentType string, err error) {
	size, steps := 0, vm.Steps()
	for _, e := range f.list {
		steps.Done(1)
		if size += e.size(); size > blobBytesMax {
			return nil, "", errBlobTooLarge("the form")
		}
	}
	boundary := "skerry-form-" + rand.Text()
	b := newBuffer(vm, size)
	for _, e := range f.list {
		steps.Done(64)
		if len(b.data) > blobBytesMax { // escapes make names longer
			return nil, "", errBlobTooLarge("the form")
		}
		b.write("--" + boundary + "\r\nContent-Disposition: form-data; name=\"")
		b.write(escapeName(vm, withLineEnds(vm, e.name, "\r\n")))
		if e.file == nil {
			b.write("\"\r\n\r\n")
			b.write(withLineEnds(vm, e.text, "\r\n"))
			b.write("\r\n")
			continue
		}
		typ := e.file.blob.typ
		if typ == "" {
			typ = "application/octet-stream"
		}
		b.write("\"; filename=\"")
		b.write(escapeName(vm, e.file.name))
		b.write("\"\r\nContent-Type: ")
		b.write(typ)
		b.write("\r\n\r\n")
		b.write(viewString(e.file.blob.data))
		b.write("\r\n")
	}
	b.write("--" + boundary + "--\r\n")
	return b.data, "multipart/form-data; boundary=" + boundary, nil
}

// withLineEnds makes each line of s, whichever way it ends, end with end.
func withLineEnds(vm *js.VM, s, end string) string {
	if !containsAny(vm, s, "\r\n") {
		return s
	}
	out, afterCR := newBuffer(vm, len(s)), false
	for piece := range chunks(vm, s) {
		for {
			i := strings.IndexAny(piece, "\r\n")
			if i < 0 {
				break
			}
			if i > 0 || piece[0] == '\r' || !afterCR { // the LF of a CR LF ends no line
				out.grow(i + len(end))
				out.data = append(append(out.data, piece[:i]...), end...)
			}
			afterCR = piece[i] == '\r'
			piece = piece[i+1:]
		}
		if piece != "" {
			afterCR = false
			out.write(piece)
		}
	}
	return out.text()
}

// containsAny is strings.ContainsAny.
func containsAny(vm *js.VM, s, chars string) bool {
	for piece := range chunks(vm, s) {
		if strings.ContainsAny(piece, chars) {
			return true
		}
	}
	return false
}
