package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// joseFunction signs, verifies and encrypts with package jose of npm. Its own keys come with
// each node; those that it trusts it fetches.
const joseFunction = `
import * as jose from "jose";

const trusted = {};

export default {
	async fetch(request, env) {
		const {pathname} = new URL(request.url), key = name => jose.importJWK(JSON.parse(env[name]));
		const jwks = trusted.keys ??= jose.createRemoteJWKSet(new URL(env.JWKS));
		try {
			switch (pathname) {
			case "/keys": {
				const make = async alg => {
					const {publicKey, privateKey} = await jose.generateKeyPair(alg, {extractable: true}), kid = alg.toLowerCase();
					return [{...await jose.exportJWK(publicKey), alg, kid}, {...await jose.exportJWK(privateKey), alg, kid}];
				};
				return Response.json(Object.fromEntries(await Promise.all(["ES256", "ES384", "EdDSA", "ECDH-ES+A256KW"].map(async alg => [alg, await make(alg)]))));
			}
			case "/sign": {
				const claims = await request.json(), {alg, kid} = JSON.parse(env[claims.key]);
				return new Response(await new jose.SignJWT({role: claims.role}).setProtectedHeader({alg, kid}).setIssuer("skerry").setExpirationTime(claims.expires).sign(await key(claims.key)));
			}
			case "/verify": {
				const {payload, protectedHeader} = await jose.jwtVerify(await request.text(), jwks, {issuer: "skerry"});
				return Response.json({role: payload.role, alg: protectedHeader.alg});
			}
			case "/encrypt": {
				const {alg} = JSON.parse(env.BOX), jwe = new jose.CompactEncrypt(new Uint8Array(await request.arrayBuffer())).setProtectedHeader({alg, enc: "A256GCM"});
				return new Response(await jwe.encrypt(await key("BOX")));
			}
			case "/decrypt":
				return new Response((await jose.compactDecrypt(await request.text(), await key("UNBOX"))).plaintext);
			case "/password": {
				const secret = new TextEncoder().encode(await request.text());
				const sealed = await new jose.CompactEncrypt(secret).setProtectedHeader({alg: "PBES2-HS256+A128KW", enc: "A128CBC-HS256"}).setKeyManagementParameters({p2c: 2048}).encrypt(secret);
				return new Response((await jose.compactDecrypt(sealed, secret, {keyManagementAlgorithms: ["PBES2-HS256+A128KW"]})).plaintext);
			}
			case "/rsa":
				for (;;) await crypto.subtle.generateKey({name: "RSA-PSS", modulusLength: 4096, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256"}, false, ["sign"]);
			}
		} catch (e) {
			return new Response(e.code ?? String(e), {status: 400});
		}
		return new Response("nothing here", {status: 404});
	},
};
`

// TestJOSE runs what people do with JSON Web Tokens, over HTTP: a function makes keys, another
// signs and encrypts with them and verifies with those that it fetches from a site.
func TestJOSE(t *testing.T) {
	t.Parallel()
	packages := filepath.Join(root(t), "sdk-js", "node_modules", "jose")
	if _, err := os.Stat(packages); err != nil {
		t.Skip("SKIPPED: sdk-js has no node_modules/jose; run make deps (it needs npm)")
	}
	for _, tc := range []struct {
		name string
		args []string
	}{
		{"in a worker", nil},
		{"in a jail", []string{"--untrusted", "jail"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var keySet atomic.Pointer[[]byte] // what the site has; set before the first request for it
			site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/jwk-set+json")
				_, _ = w.Write(*keySet.Load()) // the client may be gone
			}))
			t.Cleanup(site.Close)
			config := filepath.Join(t.TempDir(), "node.toml")
			text := fmt.Sprintf("[egress]\nallow_private = [%q]\n", strings.TrimPrefix(site.URL, "http://"))
			if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			s := startServer(t, append([]string{"--config", config}, tc.args...)...)
			keys := joseProject(t, s, packages, site.URL, nil)
			var public []json.RawMessage
			for _, alg := range []string{"ES256", "ES384", "EdDSA"} {
				public = append(public, keys[alg][0])
			}
			set, err := json.Marshal(map[string]any{"keys": public})
			if err != nil {
				t.Fatal(err)
			}
			keySet.Store(&set)
			joseProject(t, s, packages, site.URL, map[string]json.RawMessage{
				"ES256": keys["ES256"][1], "ES384": keys["ES384"][1], "EDDSA": keys["EdDSA"][1],
				"BOX": keys["ECDH-ES+A256KW"][0], "UNBOX": keys["ECDH-ES+A256KW"][1],
			})
			joseTokens(t, s)
			joseBoxes(t, s)
			if status, body := post(t, s, "tokens", "/rsa", ""); status != http.StatusServiceUnavailable || !strings.Contains(body, "exceeded_cpu") {
				t.Errorf("keys that take longer than the event may: %d %s", status, body)
			}
		})
	}
}

// joseProject pushes the function with keys in its variables. Without any, it has it make some:
// of each algorithm a public and a private one.
func joseProject(t *testing.T, s *server, packages, site string, keys map[string]json.RawMessage) (made map[string][2]json.RawMessage) {
	t.Helper()
	var config strings.Builder
	fmt.Fprintf(&config, "name = \"tokens\"\nmain = \"index.js\"\n[limits]\ncpu_ms = 1000\n[vars]\nJWKS = %q\n", site+"/jwks.json")
	for name, key := range keys {
		fmt.Fprintf(&config, "%s = %q\n", name, key)
	}
	dir := write(t, map[string]string{"index.js": joseFunction, "skerry.toml": config.String()})
	if err := os.CopyFS(filepath.Join(dir, "node_modules", "jose"), os.DirFS(packages)); err != nil {
		t.Fatal(err)
	}
	s.push(dir)
	if keys == nil {
		if err := json.Unmarshal([]byte(s.mustGet("tokens", "/keys")), &made); err != nil {
			t.Fatal(err)
		}
	}
	return made
}

// joseTokens signs tokens, and verifies them and what is none.
func joseTokens(t *testing.T, s *server) {
	t.Helper()
	sign := func(key, expires string) string {
		status, token := post(t, s, "tokens", "/sign", fmt.Sprintf(`{"key": %q, "role": "admin", "expires": %q}`, key, expires))
		if status != http.StatusOK || strings.Count(token, ".") != 2 {
			t.Fatalf("sign with %s: %d %s", key, status, token)
		}
		return token
	}
	verify := func(what, token string, wantStatus int, want string) {
		if status, body := post(t, s, "tokens", "/verify", token); status != wantStatus || body != want {
			t.Errorf("%s: %d %s, not %d %s", what, status, body, wantStatus, want)
		}
	}
	for key, alg := range map[string]string{"ES256": "ES256", "ES384": "ES384", "EDDSA": "EdDSA"} {
		token := sign(key, "1h")
		verify("a token", token, http.StatusOK, fmt.Sprintf(`{"role":"admin","alg":%q}`, alg))
		header, rest, _ := strings.Cut(token, ".")
		payload, signature, _ := strings.Cut(rest, ".")
		other, _, _ := strings.Cut(strings.TrimPrefix(sign(key, "2h"), header+"."), ".")
		verify("a token with the claims of another", header+"."+other+"."+signature, http.StatusBadRequest, "ERR_JWS_SIGNATURE_VERIFICATION_FAILED")
		verify("a token without a signature", header+"."+payload+".", http.StatusBadRequest, "ERR_JWS_SIGNATURE_VERIFICATION_FAILED")
	}
	verify("a token of yesterday", sign("ES256", "-1d"), http.StatusBadRequest, "ERR_JWT_EXPIRED")
	verify("no token", "nonsense", http.StatusBadRequest, "ERR_JWS_INVALID")
}

// joseBoxes encrypts and decrypts, a little and much.
func joseBoxes(t *testing.T, s *server) {
	t.Helper()
	for _, text := range []string{"", "a secret", strings.Repeat("0123456789abcdef", 32<<10)} {
		status, box := post(t, s, "tokens", "/encrypt", text)
		if status != http.StatusOK || strings.Count(box, ".") != 4 {
			t.Fatalf("encrypt %d bytes: %d %.100s", len(text), status, box)
		}
		if status, body := post(t, s, "tokens", "/decrypt", box); status != http.StatusOK || body != text {
			t.Errorf("decrypt %d bytes: %d %.100s", len(text), status, body)
		}
	}
	if status, body := post(t, s, "tokens", "/decrypt", "a.b.c.d.e"); status != http.StatusBadRequest {
		t.Errorf("decrypt what is none: %d %s", status, body)
	}
	if status, body := post(t, s, "tokens", "/password", "correct horse"); status != http.StatusOK || body != "correct horse" {
		t.Errorf("encrypt with a password: %d %s", status, body)
	}
}

// post sends a body to a function and returns the status and body of its answer.
func post(t *testing.T, s *server, function, path, body string) (int, string) {
	t.Helper()
	r, err := s.request(t.Context(), http.MethodPost, function, path, nil, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(text)
}
