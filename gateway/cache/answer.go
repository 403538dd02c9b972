package cache

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/skerry-edge/skerry/isolate/webapi"
)

// answer makes of e, which is fresh, the answer to r.
func (e *entry) answer(r *webapi.HTTPRequest, now time.Time) *webapi.HTTPResponse {
	h := &e.response
	age := e.age + max(now.Sub(e.at), 0)
	h.Header = slices.DeleteFunc(h.Header, func(f webapi.Field) bool {
		return strings.EqualFold(f.Name, "age") || strings.EqualFold(f.Name, "cf-cache-status")
	})
	h.Header = append(h.Header,
		webapi.Field{Name: "age", Value: strconv.FormatInt(int64(age/time.Second), 10)},
		webapi.Field{Name: "cf-cache-status", Value: "HIT"})
	// Conditions and ranges are about what there would be without them: a success.
	// Spec: https://www.rfc-editor.org/rfc/rfc9110.html#name-precedence-of-preconditions
	if h.Status/100 == 2 && unmodified(r.Header, h.Header) {
		notModified(h)
		return h
	}
	if h.Status == 200 && !h.Null && r.Method == "GET" {
		part(r.Header, h)
	}
	if r.Method == "HEAD" {
		if !h.Null {
			setLength(h)
		}
		h.Body, h.Null = nil, true
	}
	return h
}

// unmodified says whether a client that asks with these fields has the response already.
//
// Spec: https://www.rfc-editor.org/rfc/rfc9111.html#section-4.3.2
func unmodified(request, response []webapi.Field) bool {
	if wanted, ok := valueOf(request, "if-none-match"); ok {
		if strings.Trim(wanted, " \t") == "*" {
			return true
		}
		tag, ok := valueOf(response, "etag")
		return ok && hasTag(wanted, weak(tag))
	}
	since, ok := dateOf(request, "if-modified-since")
	if !ok {
		return false
	}
	modified, ok := dateOf(response, "last-modified")
	return ok && !modified.After(since)
}

// weak returns an entity tag without what says whether it is one: for comparison.
//
// Spec: https://www.rfc-editor.org/rfc/rfc9110.html#name-comparison-2
func weak(tag string) string { return strings.TrimPrefix(strings.Trim(tag, " \t"), "W/") }

// hasTag looks for an opaque tag, in its quotes, in a list of entity tags.
func hasTag(list, opaque string) bool {
	for list != "" {
		list = strings.TrimPrefix(strings.TrimLeft(list, " \t,"), "W/")
		end := strings.IndexByte(list, ',')
		if strings.HasPrefix(list, `"`) {
			if end = strings.IndexByte(list[1:], '"'); end >= 0 {
				end += 2
			}
		}
		if end < 0 {
			end = len(list)
		}
		if tag := strings.TrimRight(list[:end], " \t"); tag != "" && tag == opaque {
			return true
		}
		list = list[end:]
	}
	return false
}

// notModified makes of a response the 304 that stands for it: without its body and without
// the fields that are about that.
//
// Spec: https://www.rfc-editor.org/rfc/rfc9110.html#name-304-not-modified
func notModified(h *webapi.HTTPResponse) {
	h.Status, h.StatusText, h.Body, h.Null = 304, "", nil, true
	h.Header = slices.DeleteFunc(h.Header, func(f webapi.Field) bool {
		switch strings.ToLower(f.Name) {
		case "content-encoding", "content-language", "content-length", "content-range", "content-type":
			return true
		}
		return false
	})
}

// setLength makes Content-Length that of the body.
func setLength(h *webapi.HTTPResponse) { setField(h, "content-length", strconv.Itoa(len(h.Body))) }

func setField(h *webapi.HTTPResponse, name, value string) {
	h.Header = slices.DeleteFunc(h.Header, func(f webapi.Field) bool { return strings.EqualFold(f.Name, name) })
	h.Header = append(h.Header, webapi.Field{Name: name, Value: value})
}

// part makes of a response the part that these fields ask for: 206, or 416 if there is no such
// part. Several parts at once, and what is no range of bytes, are answered with the whole.
//
// Spec: https://www.rfc-editor.org/rfc/rfc9110.html#name-range-requests
func part(request []webapi.Field, h *webapi.HTTPResponse) {
	text, ok := valueOf(request, "range")
	if !ok || !inRange(request, h.Header) {
		return
	}
	first, last, ok := parseRange(text, len(h.Body))
	switch {
	case !ok:
	case first > last:
		setField(h, "content-range", fmt.Sprintf("bytes */%d", len(h.Body)))
		h.Status, h.StatusText, h.Body = 416, "", []byte{}
		setLength(h)
	default:
		setField(h, "content-range", fmt.Sprintf("bytes %d-%d/%d", first, last, len(h.Body)))
		h.Status, h.StatusText, h.Body = 206, "", h.Body[first:last+1:last+1]
		setLength(h)
	}
}

// inRange says whether If-Range, where it is given, is about this very response.
//
// Spec: https://www.rfc-editor.org/rfc/rfc9110.html#name-if-range
func inRange(request, response []webapi.Field) bool {
	wanted, ok := valueOf(request, "if-range")
	if !ok {
		return true
	}
	wanted = strings.Trim(wanted, " \t")
	if strings.HasPrefix(wanted, `"`) {
		tag, ok := valueOf(response, "etag")
		return ok && strings.Trim(tag, " \t") == wanted // a weak one is never the same
	}
	date, ok := dateOf(request, "if-range")
	modified, there := dateOf(response, "last-modified")
	return ok && there && date.Equal(modified)
}

// parseRange reads a Range of one part, of a body of size bytes. If the body has no such part,
// first is behind last; ok says whether it is a range that is answered at all.
func parseRange(text string, size int) (first, last int, ok bool) {
	unit, text, found := strings.Cut(text, "=")
	from, to, dash := strings.Cut(strings.Trim(text, " \t"), "-")
	if !found || !dash || !strings.EqualFold(strings.Trim(unit, " \t"), "bytes") {
		return 0, 0, false
	}
	start, okStart := position(from)
	end, okEnd := position(to)
	switch {
	case from == "" && okEnd: // the last bytes
		return max(size-end, 0), size - 1, true
	case okStart && to == "":
		return start, size - 1, true
	case okStart && okEnd && start <= end:
		return start, min(end, size-1), true
	}
	return 0, 0, false
}

// position reads a number of a range; what is too large is behind the end of every body.
func position(text string) (int, bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	if err != nil || n > positionMax {
		n = positionMax
	}
	return n, true
}

const positionMax = 1 << 40
