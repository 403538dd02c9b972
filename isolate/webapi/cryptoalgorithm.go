package webapi

import (
	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/webapi/subtle"
)

// identifier converts v to an AlgorithmIdentifier: an object, or else a string.
//
// Spec: https://w3c.github.io/webcrypto/#algorithm-dictionary
func identifier(vm *js.VM, v js.Value) js.Value {
	if js.IsObject(v) {
		return v
	}
	return vm.ToValue(vm.String(v))
}

// normalize reads an AlgorithmIdentifier: which algorithm it names, and what op of that
// needs. Getters of the script run.
//
// Spec: https://w3c.github.io/webcrypto/#algorithm-normalization-normalize-an-algorithm
func normalize(vm *js.VM, op subtle.Operation, v js.Value) (*subtle.Params, error) {
	name, err := algorithmName(vm, v)
	if err != nil {
		return nil, err
	}
	canonical, ok := subtle.Supports(op, name)
	if !ok {
		return nil, unsupported(op, canonical, name)
	}
	p := &subtle.Params{Name: canonical}
	parameters := parametersOf(op, canonical)
	if len(parameters) > 0 && js.IsObject(v) {
		vm.String(vm.Get(v, "name")) // step 6 converts it to another dictionary, with a name of its own
	}
	places := make([]func(*subtle.Params) error, 0, len(parameters))
	for _, parameter := range parameters {
		value := vm.Get(v, parameter.name)
		label := canonical + ": " + parameter.name
		if js.IsUndefined(value) {
			if parameter.required {
				return nil, js.TypeError("%s is missing", label)
			}
			continue
		}
		place, err := parameter.read(vm, label, value)
		if err != nil {
			return nil, err
		}
		places = append(places, place)
	}
	for _, place := range places { // step 10
		if err := place(p); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// algorithmName is the name in an AlgorithmIdentifier.
func algorithmName(vm *js.VM, v js.Value) (string, error) {
	if js.IsObject(v) {
		if v = vm.Get(v, "name"); js.IsUndefined(v) {
			return "", js.TypeError("the algorithm has no name")
		}
	}
	return vm.String(v), nil
}

// operationNames has what operations are called in errors.
var operationNames = [...]string{
	subtle.OpEncrypt:     "encrypt",
	subtle.OpDecrypt:     "decrypt",
	subtle.OpSign:        "sign",
	subtle.OpVerify:      "verify",
	subtle.OpDigest:      "digest",
	subtle.OpDeriveBits:  "derive",
	subtle.OpWrapKey:     "wrap a key",
	subtle.OpUnwrapKey:   "unwrap a key",
	subtle.OpGenerateKey: "generate a key",
	subtle.OpImportKey:   "import a key",
	subtle.OpExportKey:   "export a key",
	subtle.OpKeyLength:   "derive a key",
}

// unsupported says that there is no such algorithm, or not for that.
func unsupported(op subtle.Operation, canonical, name string) error {
	message := "there is no algorithm " + clip(name, 40)
	if canonical != "" {
		message = canonical + " can't " + operationNames[op]
	}
	return &js.DOMError{Name: subtle.NotSupportedError, Message: message}
}

// hashOf returns the hash function that an AlgorithmIdentifier names: it takes no parameters.
func hashOf(vm *js.VM, v js.Value) (subtle.Hash, error) {
	name, err := algorithmName(vm, v)
	if err != nil {
		return "", err
	}
	canonical, ok := subtle.Supports(subtle.OpDigest, name)
	if !ok {
		return "", unsupported(subtle.OpDigest, canonical, name)
	}
	return subtle.Hash(canonical), nil
}
