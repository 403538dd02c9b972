package webapi_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
)

// hostileKeys is what scripts of this file work with.
const hostileKeys = `let S = crypto.subtle, iv = new Uint8Array(12), big = new Uint8Array(6e6), raw = (a, u, e = true, k = new Uint8Array(16)) => S.importKey("raw", k, a, e, u);
	let rsa = {name: "RSA-PSS", modulusLength: 4096, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256"}, pbkdf2 = {name: "PBKDF2", hash: "SHA-512", salt: iv, iterations: 1e6}; `

// TestHostileCrypto is TestHostile for cryptography, of which much is done beside the turns:
// that, too, must end with the event.
func TestHostileCrypto(t *testing.T) {
	for _, tc := range hostileCrypto {
		t.Run(tc.name, func(t *testing.T) {
			var late atomic.Bool
			turns := js.NewTurns(js.TurnsConfig{Grace: hostileGrace, Overrun: func(js.Overrun) { late.Store(true) }})
			hang := time.AfterFunc(hostileHang, func() { panic(tc.name + " hangs") })
			outcome, used := runHostile(t, turns, hostileKeys+"/**/"+tc.src)
			hang.Stop()
			turns.Close()
			if late.Load() {
				t.Errorf("no interrupt reached it: %s after %v of CPU", outcome, used)
			}
			if strings.HasPrefix(outcome, "BROKEN") {
				t.Error(outcome)
			}
			if tc.want != "" && !strings.Contains(outcome, tc.want) {
				t.Errorf("it ends with %s, not with %s", outcome, tc.want)
			}
			t.Logf("%.300s; %v of CPU", outcome, used.Round(time.Millisecond))
		})
	}
}

// hostileCrypto are scripts and, where it must be this, how they end.
var hostileCrypto = []struct{ name, src, want string }{
	{"a million iterations", `let k = await raw("PBKDF2", ["deriveBits"], false); await S.deriveBits(pbkdf2, k, 512)`, "CPU time used up"},
	{"a million iterations, often", `let k = await raw("PBKDF2", ["deriveBits"], false); for (;;) S.deriveBits(pbkdf2, k, 512)`, "used up"},
	{"many bits", `let k = await raw("PBKDF2", ["deriveBits"], false); await S.deriveBits({...pbkdf2, iterations: 1}, k, 4294967288)`, "RangeError"},
	{"many bits within the cap", `let k = await raw("PBKDF2", ["deriveBits"], false); await S.deriveBits({...pbkdf2, iterations: 1}, k, 2e8)`, "CPU time used up"},
	{"a new RSA key", `await S.generateKey(rsa, true, ["sign"])`, "CPU time used up"},
	{"new RSA keys", `for (;;) S.generateKey(rsa, true, ["sign"])`, "used up"},
	{"new keys", `for (;;) await S.generateKey({name: "ECDSA", namedCurve: "P-521"}, true, ["sign"])`, "CPU time used up"},
	{"new keys at once", `for (;;) S.generateKey({name: "ECDH", namedCurve: "P-256"}, true, ["deriveBits"])`, "used up"},
	{"sign", `let {privateKey: k} = await S.generateKey({name: "ECDSA", namedCurve: "P-521"}, true, ["sign"]); for (;;) await S.sign({name: "ECDSA", hash: "SHA-1"}, k, iv)`, "CPU time used up"},
	{"sign much at once", `let k = await raw({name: "HMAC", hash: "SHA-512"}, ["sign"]); for (;;) S.sign("HMAC", k, big)`, "used up"},
	{"sign much", `let k = await raw({name: "HMAC", hash: "SHA-512"}, ["sign"]); for (;;) await S.sign("HMAC", k, big)`, "used up"},
	{"sign much with Ed25519", `let {privateKey: k} = await S.generateKey("Ed25519", true, ["sign"]); for (;;) await S.sign("Ed25519", k, big)`, "used up"},
	{"verify with a long signature", `let k = await raw({name: "HMAC", hash: "SHA-512"}, ["verify"]); for (;;) await S.verify("HMAC", k, big, iv)`, "used up"},
	{"encrypt", `let k = await raw("AES-GCM", ["encrypt"]); for (;;) await S.encrypt({name: "AES-GCM", iv}, k, iv)`, "CPU time used up"},
	{"encrypt much", `let k = await raw("AES-CBC", ["encrypt"]); for (;;) await S.encrypt({name: "AES-CBC", iv: new Uint8Array(16)}, k, big)`, "used up"},
	{"encrypt much at once", `let k = await raw("AES-GCM", ["encrypt"]); for (;;) S.encrypt({name: "AES-GCM", iv}, k, big)`, "used up"},
	{"keep what is encrypted", `let k = await raw("AES-GCM", ["encrypt"]), a = []; for (;;) a.push(await S.encrypt({name: "AES-GCM", iv}, k, big))`, "used up"},
	{"encrypt with a short tag", `let k = await raw("AES-GCM", ["decrypt"]); for (;;) try { await S.decrypt({name: "AES-GCM", iv, tagLength: 32}, k, big) } catch {}`, "used up"},
	{"much additional data", `let k = await raw("AES-GCM", ["encrypt"]); for (;;) await S.encrypt({name: "AES-GCM", iv, additionalData: big}, k, iv)`, "used up"},
	{"a long iv", `let k = await raw("AES-GCM", ["encrypt"]); for (;;) await S.encrypt({name: "AES-GCM", iv: big}, k, iv)`, "used up"},
	{"a long salt", `let k = await raw("HKDF", ["deriveBits"], false); for (;;) await S.deriveBits({name: "HKDF", hash: "SHA-1", salt: big, info: big}, k, 8)`, "used up"},
	{"wrap", `let k = await raw("AES-KW", ["wrapKey"]), h = await raw({name: "HMAC", hash: "SHA-1"}, ["sign"], true, new Uint8Array(1 << 20)); for (;;) await S.wrapKey("raw", h, k, "AES-KW")`, "used up"},
	{"unwrap", `let k = await raw("AES-KW", ["unwrapKey"]); for (;;) try { await S.unwrapKey("raw", big, k, "AES-KW", "AES-GCM", true, ["encrypt"]) } catch {}`, "used up"},
	{"unwrap JSON", `let k = await raw("AES-GCM", ["encrypt", "unwrapKey"]), c = await S.encrypt({name: "AES-GCM", iv}, k, new TextEncoder().encode('{"a":' + "[".repeat(2e5))); for (;;) try { await S.unwrapKey("jwk", c, k, {name: "AES-GCM", iv}, "AES-GCM", true, ["encrypt"]) } catch {}`, "used up"},
	{"export", `let h = await raw({name: "HMAC", hash: "SHA-1"}, ["sign"], true, new Uint8Array(1 << 20)); for (;;) await S.exportKey("jwk", h)`, "used up"},
	{"a JWK of long members", `let k = "A".repeat(6e6); for (;;) try { await S.importKey("jwk", {kty: "RSA", n: k, e: k, d: k, p: k, q: k}, {name: "RSA-PSS", hash: "SHA-1"}, true, ["sign"]) } catch {}`, "CPU time used up"},
	{"a JWK of a long modulus", `let k = "A" + "_".repeat(1300); for (;;) try { await S.importKey("jwk", {kty: "RSA", n: k, e: "AQAB", d: k, p: k, q: k, dp: k, dq: k, qi: k}, {name: "RSA-PSS", hash: "SHA-1"}, true, ["sign"]) } catch {}`, "CPU time used up"},
	{"a JWK of many operations", `await S.importKey("jwk", {kty: "oct", k: "AAAA", key_ops: {[Symbol.iterator]: () => ({next: () => ({value: "sign"})})}}, {name: "HMAC", hash: "SHA-1"}, true, ["sign"])`, "TypeError"},
	{"many usages", `let next = Object.bind(null, {done: false, value: "sign"}); await S.generateKey("Ed25519", true, {[Symbol.iterator]: Object.bind(null, {next})})`, "CPU time used up"},
	{"a long name", `let a = "ä".repeat(2e6); for (;;) try { await S.sign(a, await raw("HKDF", ["deriveBits"], false), iv) } catch {}`, "CPU time used up"},
	{"a long name of a curve", `let namedCurve = "ä".repeat(2e6); for (;;) try { await S.generateKey({name: "ECDSA", namedCurve}, true, ["sign"]) } catch {}`, "CPU time used up"},
	{"compare", `for (;;) S.timingSafeEqual(big, big)`, "CPU time used up"},
	{"copies of a key", `let k = await raw("AES-GCM", ["encrypt"]); for (;;) structuredClone(k)`, "CPU time used up"},
	{"an algorithm that is one in turn", `let a = {get name() { return S.digest(a, iv) && "SHA-1" }}; await S.digest(a, iv)`, ""},
}
