package webapi

import (
	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi/subtle"
)

// jwkMembersMax bounds the list key_ops: there are eight usages.
const jwkMembersMax = 1000

// readJWK converts v to a JsonWebKey.
//
// Spec: https://w3c.github.io/webcrypto/#JsonWebKey-dictionary
func readJWK(vm *js.VM, v js.Value) (*subtle.JWK, error) {
	if err := dictionary("importKey: the key", v); err != nil {
		return nil, err
	}
	j := &subtle.JWK{Text: make(map[string]string)}
	for _, name := range subtle.JWKTextMembers {
		switch name { // the others stand between, by their names
		case "k":
			if ext := vm.Get(v, "ext"); !js.IsUndefined(ext) {
				is := ext.ToBoolean()
				j.Ext = &is
			}
		case "kty":
			if err := readKeyOps(vm, vm.Get(v, "key_ops"), j); err != nil {
				return nil, err
			}
		case "p":
			j.Oth = !js.IsUndefined(vm.Get(v, "oth"))
		}
		if value := vm.Get(v, name); !js.IsUndefined(value) {
			j.Text[name] = vm.String(value)
		}
	}
	return j, nil
}

func readKeyOps(vm *js.VM, list js.Value, j *subtle.JWK) (err error) {
	if js.IsUndefined(list) {
		return nil
	}
	j.KeyOps = []string{}
	return eachOf(vm, "importKey: key_ops", list, func(v js.Value) error {
		if len(j.KeyOps) == jwkMembersMax {
			return js.TypeError("importKey: key_ops has more than %d elements", jwkMembersMax)
		}
		j.KeyOps = append(j.KeyOps, vm.String(v))
		return nil
	})
}

// eachOf calls step with each element of a list that a script gave.
func eachOf(vm *js.VM, what string, list js.Value, step func(js.Value) error) (err error) {
	if !vm.Iterable(list) {
		return js.TypeError("%s is not a list", what)
	}
	vm.ForOf(list, func(v js.Value) bool {
		err = step(v)
		return err == nil
	})
	return err
}

// writeJWK is the object that scripts see of j.
func writeJWK(j *subtle.JWK) js.Record {
	var out js.Record
	for name, value := range j.Members() {
		out = append(out, js.Property{Name: name, Value: value})
	}
	return out
}
