package jail

import (
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/skerry-edge/skerry/isolate"
)

// What failures and lines may say. A jail cuts them; a client takes none that are longer.
const (
	messageBytesMax = 16 << 10
	stackBytesMax   = 32 << 10
	detailBytesMax  = 32 << 10
	textBytesMax    = 4 << 10
	nameBytesMax    = 256
)

// outcomes are those that a jail can give an event, by the numbers they go by.
var outcomes = [...]isolate.Outcome{
	isolate.OutcomeOK, isolate.OutcomeException, isolate.OutcomeNeverSettled, isolate.OutcomeExceededCPU,
	isolate.OutcomeExceededMemory, isolate.OutcomeExceededWall, isolate.OutcomeExceededStart,
	isolate.OutcomeOverloaded, isolate.OutcomeCanceled, isolate.OutcomeInternal,
}

// levels are those of console lines, by the numbers they go by.
var levels = [...]string{"debug", "info", "log", "warn", "error"}

// answer is what a jail says of an event: its response or its failure, and its result when it
// is over.
type answer struct {
	response *isolate.Response
	failure  *isolate.Failure // if response is nil
	headCPU  time.Duration
	result   *result // nil: it follows
}

// result is what a jail knows of an event that is over, and the client does not.
type result struct {
	failure *isolate.Failure // of what came after the response; nil: none
	cpu     time.Duration
	memory  int64
}

// appendRequest appends r but for its body.
func appendRequest(b []byte, r *isolate.Request) []byte {
	b = appendString(b, r.Method)
	b = appendString(b, r.URL)
	b = appendString(b, r.Redirect)
	b = appendString(b, r.CF)
	b = appendString(b, string(r.Client.AsSlice()))
	b = appendString(b, r.Client.Zone())
	b = appendContent(b, r.Body, r.Stream)
	return appendFields(b, r.Header)
}

// request returns a request. Its Stream, if there is one, is an inlet that belongs nowhere yet.
func (in *input) request() *isolate.Request {
	r := &isolate.Request{Method: in.string(), URL: in.string(), Redirect: in.string(), CF: in.string()}
	r.Client, _ = netip.AddrFromSlice([]byte(in.string()))
	if zone := in.string(); zone != "" {
		r.Client = r.Client.WithZone(zone)
	}
	r.Body, r.Stream = in.content()
	r.Header = in.fields()
	return r
}

// appendResponse appends r but for its body.
func appendResponse(b []byte, r *isolate.Response) []byte {
	b = appendUint(b, uint64(r.Status))
	b = appendString(b, r.StatusText)
	b = appendString(b, r.URL)
	b = appendBool(b, r.Redirected)
	b = appendBool(b, r.Null)
	b = appendContent(b, r.Body, r.Stream)
	return appendFields(b, r.Header)
}

// response returns a response. Its Stream, if there is one, is an inlet that belongs nowhere
// yet.
func (in *input) response() *isolate.Response {
	r := &isolate.Response{Status: in.small(999), StatusText: in.string(), URL: in.string(), Redirected: in.bool(), Null: in.bool()}
	r.Body, r.Stream = in.content()
	r.Header = in.fields()
	return r
}

// Where the body of a request or a response is.
const (
	contentNone   = iota
	contentWhole  // it is the message's
	contentStream // it comes little by little; its length follows, -1: unknown
)

func appendContent(b, body []byte, stream isolate.Source) []byte {
	switch {
	case stream != nil:
		return appendInt(append(b, contentStream), isolate.LengthOf(stream))
	case body != nil:
		return append(b, contentWhole)
	default:
		return append(b, contentNone)
	}
}

func (in *input) content() (body []byte, stream isolate.Source) {
	switch in.small(contentStream) {
	case contentStream:
		length := in.int()
		if length < -1 {
			in.fail()
		}
		return nil, newInlet(length)
	case contentWhole:
		return in.body(), nil
	default:
		return nil, nil
	}
}

// checkResponse returns an error if no engine gives such a response.
func checkResponse(r *isolate.Response) error {
	if r.Status < 200 || r.Status > 599 {
		return fault("a response with the status %d", r.Status)
	}
	if strings.ContainsAny(r.StatusText, "\x00\r\n") {
		return fault("a response whose status text has a line break")
	}
	for _, f := range r.Header {
		if !isToken(f.Name) {
			return fault("a response with the field name %.40q", f.Name)
		}
		if strings.ContainsAny(f.Value, "\x00\r\n") {
			return fault("a response whose field %.40q has a line break", f.Name)
		}
	}
	return nil
}

// isToken says whether s is a token.
//
// Spec: https://www.rfc-editor.org/rfc/rfc9110.html#name-tokens
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		alphanumeric := '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !alphanumeric && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}

func appendFields(b []byte, fields []isolate.Field) []byte {
	b = appendUint(b, uint64(len(fields)))
	for i := range fields {
		b = appendString(b, fields[i].Name)
		b = appendString(b, fields[i].Value)
	}
	return b
}

func (in *input) fields() []isolate.Field {
	n := in.count(2)
	if n == 0 {
		return nil
	}
	fields := make([]isolate.Field, n)
	for i := range fields {
		fields[i] = isolate.Field{Name: in.string(), Value: in.string()}
	}
	return fields
}

func appendAnswer(b []byte, a answer) []byte {
	b = appendBool(b, a.response != nil)
	if a.response != nil {
		b = appendResponse(b, a.response)
	} else {
		b = appendFailure(b, a.failure)
	}
	b = appendInt(b, int64(a.headCPU))
	b = appendBool(b, a.result != nil)
	if a.result != nil {
		b = appendResult(b, *a.result)
	}
	return b
}

func (in *input) answer() answer {
	var a answer
	if in.bool() {
		a.response = in.response()
	} else {
		a.failure = in.failure()
	}
	a.headCPU = time.Duration(positive(in.int()))
	if in.bool() {
		r := in.result()
		a.result = &r
	}
	return a
}

func appendResult(b []byte, r result) []byte {
	b = appendInt(b, int64(r.cpu))
	b = appendInt(b, r.memory)
	b = appendBool(b, r.failure != nil)
	if r.failure != nil {
		b = appendFailure(b, r.failure)
	}
	return b
}

func (in *input) result() result {
	r := result{cpu: time.Duration(positive(in.int())), memory: positive(in.int())}
	if in.bool() {
		r.failure = in.failure()
	}
	return r
}

// appendFailure appends f, cut to what may be said. An outcome that no jail can give is
// internal.
func appendFailure(b []byte, f *isolate.Failure) []byte {
	b = append(b, numberOf(f.Outcome))
	b = appendString(b, cut(f.Message, messageBytesMax))
	b = appendString(b, cut(f.Stack, stackBytesMax))
	b = appendString(b, cut(f.Detail, detailBytesMax))
	b = appendString(b, cut(f.Limit, nameBytesMax))
	b = appendInt(b, f.Used)
	b = appendInt(b, f.Allowed)
	b = appendBool(b, f.Source != nil)
	if f.Source != nil {
		b = appendString(b, cut(f.Source.File, textBytesMax))
		b = appendString(b, cut(f.Source.Text, textBytesMax))
		b = appendInt(b, int64(f.Source.Line))
		b = appendInt(b, int64(f.Source.Column))
	}
	return b
}

func numberOf(o isolate.Outcome) byte {
	for i, known := range outcomes {
		if o == known {
			return byte(i)
		}
	}
	return byte(len(outcomes) - 1)
}

func (in *input) failure() *isolate.Failure {
	f := &isolate.Failure{
		Outcome: outcomes[in.small(len(outcomes)-1)],
		Message: in.atMost(messageBytesMax), Stack: in.atMost(stackBytesMax), Detail: in.atMost(detailBytesMax),
		Limit: in.atMost(nameBytesMax), Used: in.int(), Allowed: in.int(),
	}
	if in.bool() {
		f.Source = &isolate.Frame{File: in.atMost(textBytesMax), Text: in.atMost(textBytesMax)}
		f.Source.Line, f.Source.Column = int(int32(in.int())), int(int32(in.int()))
	}
	if f.Outcome == isolate.OutcomeOK {
		in.fail() // no failure at all
	}
	return f
}

// atMost returns a string of at most so many bytes.
func (in *input) atMost(most int) string {
	s := in.string()
	if len(s) > most {
		in.fail()
		return ""
	}
	return s
}

const ellipsis = "…"

// cut returns s, shortened to most bytes if it is longer.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	end := most - len(ellipsis)
	for end > 0 && most-end < utf8.UTFMax+len(ellipsis) && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + ellipsis
}
