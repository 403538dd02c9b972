package webapi

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"strings"

	"github.com/skerry-edge/skerry/isolate/js"
)

// DigestStream is crypto.DigestStream: a writable stream that computes a digest of what is
// written to it.
//
// Source: https://developers.cloudflare.com/workers/runtime-apis/web-crypto/#digeststream
var DigestStream = js.Class[digestStream]{
	Name:        "DigestStream",
	Hidden:      true,
	Extends:     WritableStream,
	Length:      1,
	Constructor: newDigestStream,
	Members: []js.Member[digestStream]{
		js.PromiseGetter("digest", func(d *digestStream, _ *js.Call) (any, error) { return d.digest.promise(), nil }),
		js.Getter("bytesWritten", func(d *digestStream, _ *js.Call) (any, error) { return d.bytes, nil }),
	},
}

type digestStream struct {
	writable
	hash   hash.Hash
	bytes  int64
	digest *eventual
}

func asWritable(v any) (*writable, bool) {
	d, ok := v.(*digestStream)
	if !ok {
		return nil, false
	}
	return &d.writable, true
}

func newDigestStream(c *js.Call) (*digestStream, error) {
	vm := c.VM
	algorithm := c.Arg(0)
	if js.IsObject(algorithm) {
		algorithm = vm.Get(algorithm, "name")
	}
	d := &digestStream{digest: newEventual(vm)}
	switch name := vm.String(algorithm); strings.ToUpper(name) {
	case "MD5":
		d.hash = md5.New()
	case "SHA-1":
		d.hash = sha1.New()
	case "SHA-256":
		d.hash = sha256.New()
	case "SHA-384":
		d.hash = sha512.New384()
	case "SHA-512":
		d.hash = sha512.New()
	default:
		return nil, &js.DOMError{Name: "NotSupportedError", Message: "DigestStream: " + clip(name, 40) + " is no digest; there are SHA-1, SHA-256, SHA-384, SHA-512 and MD5"}
	}
	d.digest.handle() // the one who writes hears of an error
	d.vm = vm
	k := &writableController{mark: 1, write: d.write, close: d.close, abort: func(reason js.Value) *eventual {
		d.digest.reject(reason)
		return fulfilled(vm, js.Undefined)
	}}
	k.attach(&d.writable)
	vm.Soon(k.begin)
	return d, nil
}

// write adds a chunk to what is digested. Text is UTF-8.
func (d *digestStream) write(chunk js.Value) *eventual {
	var data []byte
	if js.IsString(chunk) {
		data = viewBytes(d.vm.String(chunk))
	} else {
		var ok bool
		if data, ok = d.vm.BytesOf(chunk); !ok {
			reason := d.vm.ErrorValue(js.TypeError("a chunk is %s; a DigestStream takes bytes, or text", describeKind(d.vm, chunk)))
			d.digest.reject(reason)
			return rejected(d.vm, reason)
		}
	}
	for piece := range chunks(d.vm, viewString(data)) {
		d.hash.Write(viewBytes(piece))
	}
	d.bytes += int64(len(data))
	return fulfilled(d.vm, js.Undefined)
}

// close makes the digest known.
func (d *digestStream) close() *eventual {
	d.digest.fulfill(d.vm.ToValue(js.Buffer(d.hash.Sum(nil))))
	return fulfilled(d.vm, js.Undefined)
}
