package gateway

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/skerry-edge/skerry/gateway/route"
	"github.com/skerry-edge/skerry/isolate"
)

// The sizes of a request's head.
const (
	urlBytesMax    = 16 << 10
	headerBytesMax = 32 << 10
	fieldsMax      = 100
	methodBytesMax = 16

	// readBufferBytes bounds line and header together: each connection in use has a buffer
	// of this size.
	readBufferBytes = 40 << 10
)

// head is the head of a request after the rules: what they found, in memory of its own.
type head struct {
	id     string
	method string
	host   string // canonical, as routed and as in the URL
	path   string // canonical
	url    string
	client netip.Addr
	fields []isolate.Field // for the function; names are in lower case

	target    string   // as the client sent it
	block     string   // the header, names in lower case
	authority string   // of a target in absolute form; empty: the Host field counts
	hostField string   // value of the Host field
	forwarded []string // values of X-Forwarded-For
	proto     string   // last value of X-Forwarded-Proto
	nominated string   // value of Connection, if it names more than close and keep-alive
	accept    string   // value of Accept, for problem documents
	length    bool     // there is a Content-Length
	chunked   bool     // the body is chunked
	old       bool     // it came by HTTP/1.0
}

// parse applies the rules to the request in r, which came from a peer, and fills h. Its strings
// are parts of one copy of the request, but the URL and what a rule had to change.
//
// The rules are stricter than fasthttp's wherever that is lenient, so that no proxy before us
// and no parser behind us can read a request in another way than we do. After a problem, h
// has what was found until then.
func (h *head) parse(r *fasthttp.RequestHeader, id *[idLen]byte, from peer, trusted proxies) *problem {
	if p := h.copy(r, id); p != nil {
		return p
	}
	if p := h.checkMethod(); p != nil {
		return p
	}
	v := r.Protocol()
	if h.old = string(v) == "HTTP/1.0"; !h.old && string(v) != "HTTP/1.1" {
		return hangUp(outcomeBadRequest, "The HTTP version is neither 1.1 nor 1.0.")
	}
	if p := h.scanFields(from.trusted); p != nil {
		return p
	}
	h.client = trusted.client(from.addr, h.forwarded)
	scheme := "http"
	if from.trusted && (h.proto == "http" || h.proto == "https") {
		scheme = h.proto
	}
	if p := h.parseTarget(scheme); p != nil {
		return p
	}
	h.dropNominated()
	h.addFields(scheme, from)
	return nil
}

// copy takes id, method, target and header out of fasthttp's buffers, all in one string.
func (h *head) copy(r *fasthttp.RequestHeader, id *[idLen]byte) *problem {
	method, target, block := r.Method(), r.RequestURI(), r.RawHeaders()
	var b strings.Builder
	b.Grow(idLen + len(method) + len(target) + len(block))
	b.Write(id[:])
	b.Write(method)
	b.Write(target)
	p := copyFields(&b, block)
	text := b.String()
	h.id, text = text[:idLen], text[idLen:]
	h.method, text = text[:len(method)], text[len(method):]
	h.target, h.block = text[:len(target)], text[len(target):]
	return p
}

// copyFields writes the header lines of block to b, names in lower case. It refuses lines
// that another parser might end, join or split elsewhere.
func copyFields(b *strings.Builder, block []byte) *problem {
	if len(block) > headerBytesMax {
		return hangUp(outcomeHeadersTooLarge, fmt.Sprintf("The header is larger than %d bytes.", headerBytesMax))
	}
	for n := 0; ; n++ {
		end := bytes.IndexByte(block, '\n')
		if end < 1 || block[end-1] != '\r' {
			if len(block) == 0 {
				return nil
			}
			return hangUp(outcomeBadRequest, "A header line ends without a carriage return.")
		}
		if end == 1 {
			return nil
		}
		if n == fieldsMax {
			return hangUp(outcomeHeadersTooLarge, fmt.Sprintf("The header has more than %d fields.", fieldsMax))
		}
		line := block[:end+1]
		block = block[end+1:]
		colon := 0
		for line[colon] != ':' {
			c := tokenLower[line[colon]]
			if c == 0 { // white space before a name or the colon, or a folded line, too
				return hangUp(outcomeBadRequest, fmt.Sprintf("A header name has the character %q.", line[colon]))
			}
			b.WriteByte(c)
			colon++
		}
		if colon == 0 {
			return hangUp(outcomeBadRequest, "A header name is empty.")
		}
		b.Write(line[colon:])
	}
}

// tokenLower maps the bytes of a token to lower case, and all others to zero.
// See https://www.rfc-editor.org/rfc/rfc9110.html#name-tokens.
var tokenLower = func() (t [256]byte) {
	for _, c := range "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz" {
		t[c] = byte(c)
	}
	for c := 'A'; c <= 'Z'; c++ {
		t[c] = byte(c) | 0x20
	}
	return t
}()

// checkMethod takes upper-case tokens but those that are not for origins. A function's
// Request would change the case of some others, and then be another than the one routed.
func (h *head) checkMethod() *problem {
	if len(h.method) > methodBytesMax {
		h.method = h.method[:methodBytesMax]
		return hangUp(outcomeMethodNotAllowed, fmt.Sprintf("The method has more than %d characters.", methodBytesMax))
	}
	switch h.method {
	case "GET", "POST", "HEAD":
		return nil
	case "CONNECT", "TRACE", "TRACK", "PRI":
		return hangUp(outcomeMethodNotAllowed, "The method "+h.method+" is not for functions.")
	}
	for i := range len(h.method) {
		if c := h.method[i]; 'a' <= c && c <= 'z' {
			return hangUp(outcomeMethodNotAllowed, "A method is written in upper case.")
		}
	}
	return nil
}

// scanFields sorts the header lines into what concerns the gateway, what is dropped, and
// what the function sees.
func (h *head) scanFields(viaProxy bool) *problem {
	for rest := h.block; rest != ""; {
		end := strings.IndexByte(rest, '\n')
		line := rest[:end-1]
		rest = rest[end+1:]
		colon := strings.IndexByte(line, ':')
		f := isolate.Field{Name: line[:colon], Value: trimSpace(line[colon+1:])}
		keep, p := h.field(f, viaProxy)
		if p != nil {
			return p
		}
		if keep {
			h.fields = append(h.fields, f)
		}
	}
	if h.length && h.chunked {
		return hangUp(outcomeBadRequest, "The request has both Content-Length and Transfer-Encoding.")
	}
	return nil
}

// field notes what the gateway needs of f, and reports whether the function sees it.
func (h *head) field(f isolate.Field, viaProxy bool) (keep bool, p *problem) {
	switch f.Name {
	case "host":
		if h.hostField != "" {
			return false, hangUp(outcomeBadRequest, "The request has two Host fields.")
		}
		h.hostField = f.Value
		return false, nil
	case "content-length":
		h.length = true
	case "transfer-encoding":
		if !strings.EqualFold(f.Value, "chunked") {
			return false, hangUp(outcomeBadRequest, `The only Transfer-Encoding that is taken is "chunked".`)
		}
		h.chunked = true
		return false, nil
	case "expect":
		if !strings.EqualFold(f.Value, "100-continue") {
			return false, hangUp(outcomeExpectationFailed, "")
		}
		return false, nil
	case "connection":
		if !strings.EqualFold(f.Value, "close") && !strings.EqualFold(f.Value, "keep-alive") {
			h.nominated += "," + f.Value
		}
		return false, nil
	case "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer", "upgrade":
		return false, nil
	case "accept":
		h.accept = f.Value
	case "x-forwarded-for":
		if viaProxy {
			h.forwarded = append(h.forwarded, f.Value)
		}
		return false, nil
	case "x-forwarded-proto":
		last := f.Value[strings.LastIndexByte(f.Value, ',')+1:]
		h.proto = strings.ToLower(trimSpace(last))
		return false, nil
	case "x-forwarded-host", "cf-connecting-ip":
		return false, nil
	case "forwarded", "true-client-ip", "x-client-ip", "x-real-ip":
		return viaProxy, nil
	}
	switch {
	case strings.HasPrefix(f.Name, "x-skerry-"):
		return false, nil
	case strings.HasPrefix(f.Name, "x-forwarded-"), strings.HasPrefix(f.Name, "cf-"):
		return viaProxy, nil
	}
	return true, nil
}

func trimSpace(s string) string { return strings.Trim(s, " \t") }

// parseTarget makes host, path and URL from the request target and the Host field.
// See https://www.rfc-editor.org/rfc/rfc9112.html#name-request-target.
func (h *head) parseTarget(scheme string) *problem {
	if len(h.target) > urlBytesMax {
		return hangUp(outcomeURITooLong, fmt.Sprintf("The URL is longer than %d bytes.", urlBytesMax))
	}
	target := h.target
	if target == "*" {
		return hangUp(outcomeBadRequest, `The request target "*" is not for functions.`)
	}
	if target[0] != '/' {
		targetScheme, rest, ok := strings.Cut(target, "://")
		if !ok || !strings.EqualFold(targetScheme, scheme) {
			return hangUp(outcomeBadRequest, "The request target is neither a path nor a URL with the scheme "+scheme+".")
		}
		end := strings.IndexAny(rest, "/?#")
		if end < 0 {
			end = len(rest)
		}
		if h.authority, target = rest[:end], rest[end:]; h.authority == "" {
			return hangUp(outcomeBadRequest, "The request target has no host.")
		}
		if target == "" || target[0] != '/' {
			target = "/" + target
		}
	}
	if p := h.parseHost(scheme); p != nil {
		return p
	}
	path, query, hasQuery := strings.Cut(target, "?")
	var err error
	if h.path, err = route.Path(path); err != nil {
		return hangUp(outcomeBadRequest, sentence(err))
	}
	if query, err = route.Query(query); err != nil {
		return hangUp(outcomeBadRequest, sentence(err))
	}
	if hasQuery {
		h.url = scheme + "://" + h.host + h.path + "?" + query
	} else {
		h.url = scheme + "://" + h.host + h.path
	}
	return nil
}

// parseHost checks the Host field, even where the target has its own host, which then counts.
func (h *head) parseHost(scheme string) *problem {
	if h.hostField == "" && h.authority == "" {
		return hangUp(outcomeBadRequest, "The request has no Host.")
	}
	for _, host := range [...]string{h.hostField, h.authority} {
		if host == "" {
			continue
		}
		canonical, err := route.Host(scheme, host)
		if err != nil {
			return hangUp(outcomeBadRequest, sentence(err))
		}
		h.host = canonical
	}
	return nil
}

// sentence turns an error into a sentence for users.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// dropNominated removes the fields that Connection names, for they were meant for the hop to
// us alone. Content-Length stays: it frames the body.
// See https://www.rfc-editor.org/rfc/rfc9110.html#name-connection.
func (h *head) dropNominated() {
	for name := range strings.SplitSeq(h.nominated, ",") {
		name = strings.ToLower(trimSpace(name))
		if name == "" || name == "content-length" {
			continue
		}
		kept := h.fields[:0]
		for _, f := range h.fields {
			if f.Name != name {
				kept = append(kept, f)
			}
		}
		h.fields = kept
	}
}

// addFields adds what the gateway itself has to say to the function.
func (h *head) addFields(scheme string, from peer) {
	client, forwarded := from.text, from.text
	if from.trusted {
		client = h.client.String()
		forwarded = strings.Join(append(h.forwarded, from.text), ", ")
	}
	h.fields = append(h.fields, isolate.Field{Name: "host", Value: h.host})
	if h.client.IsValid() {
		h.fields = append(h.fields,
			isolate.Field{Name: "cf-connecting-ip", Value: client},
			isolate.Field{Name: "x-forwarded-for", Value: forwarded})
	}
	h.fields = append(h.fields,
		isolate.Field{Name: "x-forwarded-host", Value: h.host},
		isolate.Field{Name: "x-forwarded-proto", Value: scheme})
}
