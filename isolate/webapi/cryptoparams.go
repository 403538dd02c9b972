package webapi

import (
	"math"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi/subtle"
)

// parameter is a member of a dictionary of parameters, as Web IDL describes it. read
// converts and checks the value, and returns what puts it into place when all members have
// been read.
type parameter struct {
	name     string
	required bool
	read     func(vm *js.VM, name string, v js.Value) (func(*subtle.Params) error, error)
}

// bytesParameter is a BufferSource.
func bytesParameter(name string, required bool, to func(*subtle.Params) *[]byte) parameter {
	return parameter{name, required, func(vm *js.VM, name string, v js.Value) (func(*subtle.Params) error, error) {
		if _, ok := vm.BytesOf(v); !ok {
			return nil, js.TypeError("%s is neither an ArrayBuffer nor a view of one", name)
		}
		return func(p *subtle.Params) error {
			b, _ := vm.BytesOf(v)
			*to(p) = cloneBytes(vm, b)
			return nil
		}, nil
	}}
}

// numberParameter is an integer from 0 to most, of which none other is taken.
func numberParameter(name string, required bool, most float64, set func(*subtle.Params, int)) parameter {
	return parameter{name, required, func(vm *js.VM, name string, v js.Value) (func(*subtle.Params) error, error) {
		f := math.Trunc(vm.Float(v))
		if !(0 <= f && f <= most) {
			return nil, js.TypeError("%s is no integer from 0 to %.0f", name, most)
		}
		return func(p *subtle.Params) error { set(p, int(f)); return nil }, nil
	}}
}

const (
	octetMax  = math.MaxUint8
	shortMax  = math.MaxUint16
	numberMax = math.MaxUint32
)

var (
	hashParameter = parameter{"hash", true, func(vm *js.VM, _ string, v js.Value) (func(*subtle.Params) error, error) {
		v = identifier(vm, v)
		return func(p *subtle.Params) (err error) {
			p.Hash, err = hashOf(vm, v)
			return err
		}, nil
	}}
	curveParameter = parameter{"namedCurve", true, func(vm *js.VM, _ string, v js.Value) (func(*subtle.Params) error, error) {
		name := vm.String(v)
		return func(p *subtle.Params) error { p.NamedCurve = clip(name, 40); return nil }, nil
	}}
	exponentParameter = parameter{"publicExponent", true, func(vm *js.VM, name string, v js.Value) (func(*subtle.Params) error, error) {
		if vm.Kind(v) != "Uint8Array" {
			return nil, js.TypeError("%s is not a Uint8Array", name)
		}
		return func(p *subtle.Params) error {
			b, _ := vm.BytesOf(v)
			p.PublicExponent = cloneBytes(vm, b)
			return nil
		}, nil
	}}
	publicParameter = parameter{"public", true, func(vm *js.VM, name string, v js.Value) (func(*subtle.Params) error, error) {
		k := js.As[cryptoKey](vm, v)
		if k == nil {
			return nil, js.TypeError("%s is not a CryptoKey", name)
		}
		return func(p *subtle.Params) error { p.Public = k.key; return nil }, nil
	}}
	ivParameter = bytesParameter("iv", true, func(p *subtle.Params) *[]byte { return &p.IV })
)

// lengthParameter is a number of bits.
func lengthParameter(required bool, most float64) parameter {
	return numberParameter("length", required, most, func(p *subtle.Params, n int) { p.Length, p.LengthGiven = n, true })
}

// The dictionaries of the standard, members in the order in which they are read: those of a
// dictionary that another inherits from first, and otherwise by name.
var (
	aesCbcParams = []parameter{ivParameter}
	aesCtrParams = []parameter{
		bytesParameter("counter", true, func(p *subtle.Params) *[]byte { return &p.Counter }),
		lengthParameter(true, octetMax),
	}
	aesGcmParams = []parameter{
		bytesParameter("additionalData", false, func(p *subtle.Params) *[]byte { return &p.AdditionalData }),
		ivParameter,
		numberParameter("tagLength", false, octetMax, func(p *subtle.Params, n int) { p.TagLength, p.TagLengthGiven = n, true }),
	}
	rsaOaepParams = []parameter{bytesParameter("label", false, func(p *subtle.Params) *[]byte { return &p.Label })}
	rsaPssParams  = []parameter{numberParameter("saltLength", true, numberMax, func(p *subtle.Params, n int) { p.SaltLength = n })}
	hashParams    = []parameter{hashParameter}
	curveParams   = []parameter{curveParameter}
	publicParams  = []parameter{publicParameter}
	aesKeyParams  = []parameter{lengthParameter(true, shortMax)}
	hmacKeyParams = []parameter{hashParameter, lengthParameter(false, numberMax)}
	hkdfParams    = []parameter{
		hashParameter,
		bytesParameter("info", true, func(p *subtle.Params) *[]byte { return &p.Info }),
		bytesParameter("salt", true, func(p *subtle.Params) *[]byte { return &p.Salt }),
	}
	pbkdf2Params = []parameter{
		hashParameter,
		numberParameter("iterations", true, numberMax, func(p *subtle.Params, n int) { p.Iterations = n }),
		bytesParameter("salt", true, func(p *subtle.Params) *[]byte { return &p.Salt }),
	}
	rsaKeyGenParams = []parameter{
		numberParameter("modulusLength", true, numberMax, func(p *subtle.Params, n int) { p.ModulusLength = n }),
		exponentParameter,
		hashParameter,
	}
)

// parametersOf returns what an operation of an algorithm takes beside the algorithm's name.
func parametersOf(op subtle.Operation, name string) []parameter {
	switch op {
	case subtle.OpEncrypt, subtle.OpDecrypt:
		switch name {
		case "AES-CBC":
			return aesCbcParams
		case "AES-CTR":
			return aesCtrParams
		case "AES-GCM":
			return aesGcmParams
		case "RSA-OAEP":
			return rsaOaepParams
		}
	case subtle.OpSign, subtle.OpVerify:
		switch name {
		case "ECDSA":
			return hashParams
		case "RSA-PSS":
			return rsaPssParams
		}
	case subtle.OpDeriveBits:
		switch name {
		case "ECDH", "X25519":
			return publicParams
		case "HKDF":
			return hkdfParams
		case "PBKDF2":
			return pbkdf2Params
		}
	case subtle.OpGenerateKey, subtle.OpImportKey, subtle.OpKeyLength:
		return keyParametersOf(op, name)
	}
	return nil
}

func keyParametersOf(op subtle.Operation, name string) []parameter {
	switch name {
	case "AES-CBC", "AES-CTR", "AES-GCM", "AES-KW":
		if op != subtle.OpImportKey {
			return aesKeyParams
		}
	case "HMAC":
		return hmacKeyParams
	case "RSASSA-PKCS1-v1_5", "RSA-PSS", "RSA-OAEP":
		if op == subtle.OpGenerateKey {
			return rsaKeyGenParams
		}
		return hashParams
	case "ECDSA", "ECDH":
		return curveParams
	}
	return nil
}
