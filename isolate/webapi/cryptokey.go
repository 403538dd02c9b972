package webapi

import (
	"bytes"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi/subtle"
)

// CryptoKey is a key, whose bytes scripts see only if it is extractable. structuredClone
// copies it.
//
// Spec: https://w3c.github.io/webcrypto/#cryptokey-interface
var CryptoKey = js.Class[cryptoKey]{
	Name: "CryptoKey",
	Members: []js.Member[cryptoKey]{
		js.Getter("type", func(k *cryptoKey, _ *js.Call) (any, error) { return string(k.key.Type), nil }),
		js.Getter("extractable", func(k *cryptoKey, _ *js.Call) (any, error) { return k.key.Extractable, nil }),
		js.Getter("algorithm", func(k *cryptoKey, c *js.Call) (any, error) { return k.algorithmOf(c.VM), nil }),
		js.Getter("usages", func(k *cryptoKey, c *js.Call) (any, error) { return k.usagesOf(c.VM), nil }),
	},
}

type cryptoKey struct {
	js.Instance
	key *subtle.Key // shared by all copies

	// What the attributes give, the same object each time; nil: nobody has asked yet.
	algorithm, usages js.Value
}

func newCryptoKey(k *subtle.Key) *cryptoKey { return &cryptoKey{key: k} }

// clone makes a copy.
//
// Spec: https://w3c.github.io/webcrypto/#cryptokey-interface-clone
func (k *cryptoKey) clone() any { return newCryptoKey(k.key) }

func (k *cryptoKey) usagesOf(vm *js.VM) js.Value {
	if k.usages == nil {
		k.usages = vm.ToValue(k.key.Usages.Names())
	}
	return k.usages
}

// algorithmOf describes the algorithm in a dictionary.
//
// Spec: https://w3c.github.io/webcrypto/#key-algorithm-dictionary
func (k *cryptoKey) algorithmOf(vm *js.VM) js.Value {
	if k.algorithm != nil {
		return k.algorithm
	}
	a := &k.key.Algorithm
	d := js.Record{{Name: "name", Value: a.Name}}
	if a.ModulusLength > 0 {
		d = append(d,
			js.Property{Name: "modulusLength", Value: a.ModulusLength},
			js.Property{Name: "publicExponent", Value: js.Bytes(bytes.Clone(a.PublicExponent))})
	}
	if a.Hash != "" {
		d = append(d, js.Property{Name: "hash", Value: js.Record{{Name: "name", Value: string(a.Hash)}}})
	}
	if a.Length > 0 {
		d = append(d, js.Property{Name: "length", Value: a.Length})
	}
	if a.NamedCurve != "" {
		d = append(d, js.Property{Name: "namedCurve", Value: a.NamedCurve})
	}
	k.algorithm = vm.ToValue(d)
	return k.algorithm
}

// keyArgument returns the key that argument i is.
func keyArgument(c *js.Call, method string, i int) (*subtle.Key, error) {
	if k := js.As[cryptoKey](c.VM, c.Arg(i)); k != nil {
		return k.key, nil
	}
	return nil, js.TypeError("%s: argument %d is not a CryptoKey", method, i+1)
}
