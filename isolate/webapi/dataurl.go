package webapi

import (
	"strings"

	"github.com/skerry-edge/skerry/isolate/js"
)

// fetchData is what fetch gives for a data: URL without its fragment.
//
// Spec: https://fetch.spec.whatwg.org/#scheme-fetch
func fetchData(vm *js.VM, address string) (any, error) {
	vm.Checkpoint()
	typ, data, ok := parseDataURL(vm, address)
	if !ok {
		return nil, js.TypeError("fetch: the data: URL has no comma, or its base64 is broken")
	}
	r := newReceived(&HTTPResponse{
		URL:        address,
		Status:     200,
		StatusText: "OK",
		Header:     []Field{{"Content-Type", typ.String()}},
		Body:       data,
	})
	return r, nil
}

// parseDataURL reads a serialized data: URL without its fragment.
//
// Spec: https://fetch.spec.whatwg.org/#data-url-processor
func parseDataURL(vm *js.VM, address string) (typ mimeType, data []byte, ok bool) {
	mediaType, encoded, ok := strings.Cut(strings.TrimPrefix(address, "data:"), ",") // steps 3 to 8
	if !ok {
		return mimeType{}, nil, false
	}
	mediaType = strings.Trim(mediaType, " ")
	data = percentDecode(encoded)                         // step 10
	if head, isBase64 := cutBase64(mediaType); isBase64 { // step 11
		if data, ok = forgivingBase64(vm, viewString(data)); !ok {
			return mimeType{}, nil, false
		}
		mediaType = head
	}
	if strings.HasPrefix(mediaType, ";") { // step 12
		mediaType = "text/plain" + mediaType
	}
	typ, ok = parseMIMEType(mediaType)
	if !ok {
		typ = mimeType{"text", "plain", []Field{{"charset", "US-ASCII"}}}
	}
	return typ, data, true
}

// cutBase64 cuts the mark of base64 off a media type: ";", spaces, "base64".
func cutBase64(mediaType string) (string, bool) {
	i := len(mediaType) - len("base64")
	if i < 0 || !strings.EqualFold(mediaType[i:], "base64") {
		return mediaType, false
	}
	return strings.CutSuffix(strings.TrimRight(mediaType[:i], " "), ";")
}

// percentDecode decodes what is percent-encoded in s and leaves the rest.
//
// Spec: https://url.spec.whatwg.org/#percent-decode
func percentDecode(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
			continue
		}
		out = append(out, s[i])
	}
	return out
}
