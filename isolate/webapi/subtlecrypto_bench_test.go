package webapi_test

import (
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
)

// BenchmarkCrypto awaits operations of crypto.subtle one after the other, in one VM with its
// event loop.
func BenchmarkCrypto(b *testing.B) {
	const much = 64 << 10
	for _, bc := range []struct {
		name  string
		bytes int64
		setup string
		op    string
	}{
		{"SHA-256 of 64 KB", much, ``, `S.digest("SHA-256", d)`},
		{"SHA-512 of 64 KB", much, ``, `S.digest("SHA-512", d)`},
		{"encrypt 64 KB with AES-GCM", much, `let k = await S.generateKey({name: "AES-GCM", length: 256}, true, ["encrypt"]), a = {name: "AES-GCM", iv: new Uint8Array(12)};`, `S.encrypt(a, k, d)`},
		{"decrypt 64 KB with AES-GCM", much, `let k = await S.generateKey({name: "AES-GCM", length: 256}, true, ["encrypt", "decrypt"]), a = {name: "AES-GCM", iv: new Uint8Array(12)}, c = await S.encrypt(a, k, d);`, `S.decrypt(a, k, c)`},
		{"encrypt 1 MB with AES-GCM", 1 << 20, `let k = await S.generateKey({name: "AES-GCM", length: 256}, true, ["encrypt"]), a = {name: "AES-GCM", iv: new Uint8Array(12)}; d = new Uint8Array(1 << 20);`, `S.encrypt(a, k, d)`},
		{"sign 64 B with HMAC", 0, `let k = await S.generateKey({name: "HMAC", hash: "SHA-256"}, true, ["sign"]), s = new Uint8Array(64);`, `S.sign("HMAC", k, s)`},
		{"sign 64 B with ECDSA", 0, `let k = (await S.generateKey({name: "ECDSA", namedCurve: "P-256"}, true, ["sign"])).privateKey, a = {name: "ECDSA", hash: "SHA-256"}, s = new Uint8Array(64);`, `S.sign(a, k, s)`},
		{"verify 64 B with ECDSA", 0, `let p = await S.generateKey({name: "ECDSA", namedCurve: "P-256"}, true, ["sign", "verify"]), a = {name: "ECDSA", hash: "SHA-256"}, s = new Uint8Array(64), g = await S.sign(a, p.privateKey, s);`, `S.verify(a, p.publicKey, g, s)`},
		{"sign 64 B with RSA", 0, `let k = (await S.generateKey({name: "RSA-PSS", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256"}, true, ["sign"])).privateKey, a = {name: "RSA-PSS", saltLength: 32}, s = new Uint8Array(64);`, `S.sign(a, k, s)`},
		{"import an AES key", 0, `let r = new Uint8Array(32);`, `S.importKey("raw", r, "AES-GCM", false, ["encrypt"])`},
	} {
		b.Run(bc.name, func(b *testing.B) {
			if bc.bytes > 0 {
				b.SetBytes(bc.bytes)
			}
			benchAwait(b, `const S = crypto.subtle; let d = new Uint8Array(65536); `+bc.setup, bc.op)
		})
	}
}

// benchAwait evaluates setup and then awaits op, an expression, again and again.
func benchAwait(b *testing.B, setup, op string) {
	b.Helper()
	program, err := js.CompileFunction("bench.js", "return (async () => {"+setup+" while (more()) await "+op+"})()", []string{"more"}, nil)
	if err != nil {
		b.Fatal(err)
	}
	turns := js.NewTurns(js.TurnsConfig{})
	defer turns.Close()
	vm := newPlatform(b).NewVM(js.Config{Host: new(nothing), Turns: turns})
	defer vm.Abandon()
	b.ReportAllocs()
	var result js.Value
	if err := vm.Enter(b.Context(), func() {
		more := vm.NewFunction("more", 0, func(*js.Call) (any, error) { return b.Loop(), nil })
		if result, err = vm.Evaluate(program, more); err != nil {
			b.Error(vm.Report(err))
		}
	}); err != nil {
		b.Fatal(err)
	}
	if err := vm.Run(b.Context(), func() bool { state, _ := js.Peek(result); return state != js.Pending }, nil); err != nil {
		b.Fatal(err)
	}
}
