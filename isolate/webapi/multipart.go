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
func parseForm(data []byte, t mimeType, modified int64) (*formData, error) {
	switch t.essence() {
	case "multipart/form-data":
		boundary, ok := t.parameter("boundary")
		if !ok || boundary == "" {
			return nil, js.TypeError("formData: the Content-Type has no boundary")
		}
		return parseMultipart(data, boundary, modified)
	case "application/x-www-form-urlencoded":
		if bytes.Count(data, []byte("&")) >= formFieldsMax {
			return nil, errFormFields()
		}
		f := new(formData)
		for _, p := range parseURLEncoded(decodeUTF8(viewString(data))) {
			f.list = append(f.list, entry{name: p.name, text: p.value})
		}
		return f, nil
	case "/":
		return nil, js.TypeError("formData: the body has no Content-Type; a form's is multipart/form-data or application/x-www-form-urlencoded")
	default:
		return nil, js.TypeError("formData: the body is %s, not multipart/form-data or application/x-www-form-urlencoded", t.essence())
	}
}

func parseMultipart(data []byte, boundary string, modified int64) (*formData, error) {
	f := new(formData)
	parts := multipart.NewReader(bytes.NewReader(data), boundary)
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
		e, err := parsePart(part)
		if err != nil {
			return nil, js.TypeError("formData: part %d: %v", len(f.list)+1, err)
		}
		if e.file != nil {
			e.file.lastModified = modified
		}
		f.list = append(f.list, e)
	}
}

func parsePart(part *multipart.Part) (entry, error) {
	kind, parameters, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
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
	e := entry{name: unescapeName(name)}
	filename, ok := parameters["filename"]
	if !ok {
		e.text = decodeUTF8(viewString(content))
		return e, nil
	}
	e.file = &file{blob: blob{data: content, typ: partType(part.Header)}, name: unescapeName(filename)}
	return e, nil
}

// partType is the type of a file: text/plain if the part says none.
func partType(header textproto.MIMEHeader) string {
	if typ := header.Get("Content-Type"); typ != "" {
		return blobType(typ)
	}
	return "text/plain"
}

// escapeName and unescapeName write and read a name or a filename between the quotes of a
// Content-Disposition.
//
// Spec: https://html.spec.whatwg.org/#multipart-form-data
func escapeName(s string) string {
	return strings.NewReplacer("\n", "%0A", "\r", "%0D", `"`, "%22").Replace(s)
}

func unescapeName(s string) string {
	return strings.NewReplacer("%0A", "\n", "%0D", "\r", "%22", `"`).Replace(decodeUTF8(s))
}

// multipart writes f as a body and returns its MIME type too.
//
// Spec: https://html.spec.whatwg.org/#multipart-form-data
func (f *formData) multipart() (data []byte, contentType string, err error) {
	size := 0
	for _, e := range f.list {
		if size += e.size(); size > blobBytesMax {
			return nil, "", errBlobTooLarge("the form")
		}
	}
	boundary := "skerry-form-" + rand.Text()
	var b bytes.Buffer
	b.Grow(size)
	for _, e := range f.list {
		b.WriteString("--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + escapeName(crlf(e.name)) + `"`)
		if e.file == nil {
			b.WriteString("\r\n\r\n" + crlf(e.text) + "\r\n")
			continue
		}
		typ := e.file.blob.typ
		if typ == "" {
			typ = "application/octet-stream"
		}
		b.WriteString("; filename=\"" + escapeName(e.file.name) + "\"\r\nContent-Type: " + typ + "\r\n\r\n")
		b.Write(e.file.blob.data)
		b.WriteString("\r\n")
	}
	b.WriteString("--" + boundary + "--\r\n")
	return b.Bytes(), "multipart/form-data; boundary=" + boundary, nil
}

// crlf ends each line of s with CR LF.
func crlf(s string) string {
	if !strings.ContainsAny(s, "\r\n") {
		return s
	}
	return strings.NewReplacer("\r\n", "\r\n", "\r", "\r\n", "\n", "\r\n").Replace(s)
}
