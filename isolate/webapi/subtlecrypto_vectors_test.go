package webapi_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
	"github.com/skerry-edge/skerry/isolate/webapi/subtle"
	"github.com/skerry-edge/skerry/isolate/webapi/subtle/subtletest"
)

// vectorsPerTable is how many rows of each table run here: package subtle runs all of them.
const vectorsPerTable = 24

// vectorsPrelude defines check, which does what a row says and returns whether it holds, or
// the name of the error.
const vectorsPrelude = `
	let S = crypto.subtle, unhex = s => Uint8Array.fromHex(s ?? ""), same = (a, b) => new Uint8Array(a).toHex() === b;
	let algorithm = (a, peer) => { for (let m of ["iv", "counter", "additionalData", "label", "salt", "info"]) if (m in a) a[m] = unhex(a[m]); if (peer) a.public = peer; return a };
	let load = k => S.importKey(k.format, k.jwk ?? unhex(k.bytes), algorithm(k.algorithm), false, k.usages);
	let does = {
		encrypt: async (c, k, a) => same(await S.encrypt(a, k, unhex(c.data)), c.want),
		decrypt: async (c, k, a) => same(await S.decrypt(a, k, unhex(c.data)), c.want),
		verify: async (c, k, a) => S.verify(a, k, unhex(c.proof), unhex(c.data)),
		sign: async (c, k, a) => same((await S.sign(a, k, unhex(c.data))).slice(0, c.want.length / 2), c.want),
		deriveBits: async (c, k, a) => same(await S.deriveBits(a, k, c.bits < 0 ? null : c.bits), c.want),
		unwrapKey: async (c, k, a) => same(await S.exportKey("raw", await S.unwrapKey("raw", unhex(c.data), k, a, {name: "HMAC", hash: "SHA-256"}, true, ["sign"])), c.want),
	};
	globalThis.check = async c => { try { return await does[c.do](c, await load(c.key), algorithm(c.algorithm, c.peer && await load(c.peer))) } catch (e) { return e.name } };
`

// TestWycheproofThroughScripts runs a part of each of Wycheproof's tables with crypto.subtle,
// one VM for each table.
func TestWycheproofThroughScripts(t *testing.T) {
	t.Parallel()
	turns := js.NewTurns(js.TurnsConfig{})
	t.Cleanup(turns.Close)
	for _, table := range subtletest.Tables() {
		t.Run(table.File, func(t *testing.T) {
			t.Parallel()
			vm := newPlatform(t).NewVM(js.Config{Turns: turns})
			defer vm.Abandon()
			vm.Meter().Reset(js.Account{CPU: time.Minute})
			if got := jstest.EvalIn(t, vm, vectorsPrelude); got != "undefined" {
				t.Fatal(got)
			}
			cases := table.Cases(t)
			step := max(1, len(cases)/vectorsPerTable)
			ran := 0
			for i := 0; i < len(cases); i += step {
				c := &cases[i]
				if c.Reason() != "" {
					continue
				}
				ran++
				got := jstest.EvalIn(t, vm, "return await check("+vectorJSON(t, c)+")")
				if c.Result == "valid" && got != "true" || c.Result == "invalid" && got == "true" {
					t.Errorf("%s: it is %s, and comes to %s", c.Name, c.Result, got)
				}
			}
			if ran < 20 {
				t.Errorf("only %d rows ran", ran)
			}
		})
	}
}

// vectorJSON is a row as check takes it.
func vectorJSON(t *testing.T, c *subtletest.Case) string {
	t.Helper()
	key := func(k *subtletest.Key) map[string]any {
		return map[string]any{
			"format": k.Format, "bytes": hex.EncodeToString(k.Bytes), "jwk": k.JWK,
			"algorithm": vectorAlgorithm(&k.Params), "usages": k.Usages.Names(),
		}
	}
	row := map[string]any{
		"do": c.Do, "key": key(&c.Key), "algorithm": vectorAlgorithm(&c.Params), "bits": c.Bits,
		"data": hex.EncodeToString(c.Data), "proof": hex.EncodeToString(c.Proof), "want": hex.EncodeToString(c.Want),
	}
	if c.Peer != nil {
		row["peer"] = key(c.Peer)
	}
	text, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func vectorAlgorithm(p *subtle.Params) map[string]any {
	a := map[string]any{
		"name": p.Name, "namedCurve": p.NamedCurve, "saltLength": p.SaltLength, "iterations": p.Iterations,
		"iv": hex.EncodeToString(p.IV), "counter": hex.EncodeToString(p.Counter), "additionalData": hex.EncodeToString(p.AdditionalData),
		"label": hex.EncodeToString(p.Label), "salt": hex.EncodeToString(p.Salt), "info": hex.EncodeToString(p.Info),
	}
	if p.Hash != "" {
		a["hash"] = p.Hash
	}
	if p.TagLengthGiven {
		a["tagLength"] = p.TagLength
	}
	return a
}

// TestCryptoMemory: what is encrypted beside the turns is the event's memory.
func TestCryptoMemory(t *testing.T) {
	turns := js.NewTurns(js.TurnsConfig{})
	defer turns.Close()
	vm := newPlatform(t).NewVM(js.Config{Turns: turns})
	defer vm.Abandon()
	vm.Meter().Reset(js.Account{CPU: hostileHang, MemoryBytes: hostileMemory})
	got := jstest.EvalIn(t, vm, `let k = await crypto.subtle.generateKey({name: "AES-GCM", length: 128}, false, ["encrypt"]), d = new Uint8Array(6e6), a = [];
		for (;;) a.push(await crypto.subtle.encrypt({name: "AES-GCM", iv: new Uint8Array(12)}, k, d))`)
	if want := "error " + js.ErrMemory.Error(); got != want || !errors.Is(vm.Ended(), js.ErrMemory) {
		t.Errorf("it ends with %s, not with %s", got, want)
	}
}
