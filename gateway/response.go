package gateway

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/skerry-edge/skerry/isolate"
)

// What a response's header may be: clients and proxies take no more.
const (
	responseFieldsMax = 1000
	responseHeaderMax = 128 << 10
)

// checkResponse returns an error that names what of r can't be sent. Nothing is mended: a
// line break in a header is a bug or an attack, and its author should hear of it.
func checkResponse(r *isolate.Response) error {
	if r.Status < 200 || r.Status > 599 {
		return fmt.Errorf("the response's status is %d, not one from 200 to 599", r.Status)
	}
	if i := badValue(r.StatusText); i >= 0 {
		return fmt.Errorf("the response's status text has the character %q", r.StatusText[i])
	}
	if len(r.Header) > responseFieldsMax {
		return fmt.Errorf("the response's header has %d fields, more than the %d allowed", len(r.Header), responseFieldsMax)
	}
	size := 0
	for _, f := range r.Header {
		if size += len(f.Name) + len(f.Value); size > responseHeaderMax {
			return fmt.Errorf("the response's header is larger than the %d KiB allowed", responseHeaderMax>>10)
		}
		if f.Name == "" {
			return fmt.Errorf("a name in the response's header is empty")
		}
		for i := range len(f.Name) {
			if tokenLower[f.Name[i]] == 0 {
				return fmt.Errorf("the name %q in the response's header has the character %q", f.Name, f.Name[i])
			}
		}
		if i := badValue(f.Value); i >= 0 {
			return fmt.Errorf("the value of %q in the response's header has the character %q", f.Name, f.Value[i])
		}
	}
	return nil
}

// badValue returns the index of the first byte that a field value can't have, -1 if there is
// none. See https://www.rfc-editor.org/rfc/rfc9110.html#name-field-values.
func badValue(s string) int {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return i
		}
	}
	return -1
}

// writeResponse puts r, which checkResponse has passed, into to, and returns the bytes of
// body that go out. r's body is not copied.
func writeResponse(to *fasthttp.Response, r *isolate.Response, method string) int {
	to.SetStatusCode(r.Status)
	if r.StatusText != "" && r.StatusText != fasthttp.StatusMessage(r.Status) {
		to.Header.SetStatusMessage([]byte(r.StatusText))
	}
	length := -1 // that the function gave
	for i := range r.Header {
		f := &r.Header[i]
		switch responseField(f.Name) {
		case passed:
			to.Header.Add(f.Name, f.Value)
		case lengthField:
			if n, err := strconv.Atoi(f.Value); err == nil {
				length = n
			}
		}
	}
	if r.Status == fasthttp.StatusNoContent || r.Status == fasthttp.StatusNotModified {
		return 0
	}
	if r.Stream != nil {
		return 0
	}
	to.SetBodyRaw(r.Body)
	if method != fasthttp.MethodHead {
		return len(r.Body)
	}
	if len(r.Body) == 0 && length > 0 { // a function that forwards an answer to HEAD
		to.Header.SetContentLength(length)
	}
	return 0
}

// fieldFate says what becomes of a field of a response.
type fieldFate int

const (
	passed      fieldFate = iota
	dropped               // the gateway's own matter, or one of a connection
	lengthField           // counts for HEAD alone; else the body is the truth
)

func responseField(name string) fieldFate {
	var buf [len("proxy-authorization")]byte // the longest of those below
	if own := len("x-skerry-"); len(name) >= own && strings.EqualFold(name[:own], "x-skerry-") {
		return dropped
	}
	if len(name) > len(buf) {
		return passed
	}
	for i := range len(name) {
		buf[i] = tokenLower[name[i]]
	}
	switch string(buf[:len(name)]) {
	case "content-length":
		return lengthField
	case "connection", "date", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
		"server", "te", "trailer", "transfer-encoding", "upgrade":
		return dropped
	}
	return passed
}
