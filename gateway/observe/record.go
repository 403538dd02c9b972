package observe

import (
	"net/netip"
	"time"

	"github.com/skerry-edge/skerry/isolate"
)

// Record is what is known of one event when it is over.
type Record struct {
	Time     time.Time // when it began
	ID       string
	Function string // empty: it reached none
	Version  int
	Kind     isolate.Kind

	Method string
	Host   string
	Path   string     // without the query, which may hold secrets
	Client netip.Addr // zero: unknown

	Status  int // 0: no response went out
	Outcome isolate.Outcome
	Failure *isolate.Failure // why, if Outcome is not ok; nil: unknown

	Head  time.Duration // until the response head
	Total time.Duration // until the end of waitUntil work
	CPU   time.Duration // running JavaScript

	Memory int64 // bytes that the event held at most, about; 0: too few to be counted

	BytesIn     int64 // of the request body
	BytesOut    int64 // of the response body
	Subrequests int
}

// AppendJSON appends r as one JSON document, without a line feed. The document stays below
// lineMax bytes: long strings are cut.
func (r *Record) AppendJSON(dst []byte) []byte {
	o := object{dst: append(dst, '{')}
	o.time("time", r.Time)
	o.kind("request")
	o.string("id", r.ID, 64)
	o.string("function", r.Function, 128)
	o.int("version", int64(r.Version))
	o.string("kind", string(r.Kind), 64)
	o.string("method", r.Method, 64)
	o.string("host", r.Host, 512)
	o.string("path", r.Path, 2048)
	o.int("status", int64(r.Status))
	o.string("outcome", string(r.Outcome), 64)
	o.millis("head_ms", r.Head)
	o.millis("total_ms", r.Total)
	o.millis("cpu_ms", r.CPU)
	if r.Memory > 0 {
		o.int("memory_bytes", r.Memory)
	}
	o.int("bytes_in", r.BytesIn)
	o.int("bytes_out", r.BytesOut)
	o.int("subrequests", int64(r.Subrequests))
	if r.Client.IsValid() {
		o.addr("client", r.Client)
	}
	if f := r.Failure; f != nil {
		o.failure(f)
	}
	return append(o.dst, '}')
}

// failure appends why an event failed: "error", and where that is known "stack" and "source".
func (o *object) failure(f *isolate.Failure) {
	o.string("error", f.Message, 2048)
	if f.Stack != "" {
		o.string("stack", f.Stack, 3072)
	}
	if s := f.Source; s != nil {
		o.string("source", s.File, 512)
		o.int("line", int64(s.Line))
		o.int("column", int64(s.Column))
	}
	if f.Limit != "" {
		o.string("limit", f.Limit, 64)
		o.int("used", f.Used)
		o.int("allowed", f.Allowed)
	}
}

// MarshalJSON is AppendJSON for encoding/json.
func (r *Record) MarshalJSON() ([]byte, error) { return r.AppendJSON(nil), nil }

// appendLine appends a console line as one JSON document, as AppendJSON does.
func appendLine(dst []byte, l *isolate.LogLine) []byte {
	o := object{dst: append(dst, '{')}
	o.time("time", l.Time)
	o.kind("log")
	o.string("id", l.EventID, 64)
	o.string("function", l.Function, 128)
	o.int("version", int64(l.Version))
	o.string("level", l.Level, 64)
	if o.string("message", l.Message, messageMax) {
		o.int("message_bytes", int64(len(l.Message))) // says that it was cut, and by how much
	}
	return append(o.dst, '}')
}
