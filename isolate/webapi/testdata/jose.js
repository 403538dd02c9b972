// What jose_test.go has scripts do with package jose: each function comes to "ok" or to what
// went wrong.
import * as jose from "jose";

const decode = b => new TextDecoder().decode(b);
const same = (got, want, what) => {
	if (got !== want) throw new Error(`${what} is ${got} instead of ${want}`);
};
const outcome = async f => {
	try {
		await f();
		return "ok";
	} catch (e) {
		return `${e.name}: ${e.message}`;
	}
};

// publicPart is the public half of a JWK, or the JWK if it is a secret one.
const publicPart = ({d, p, q, dp, dq, qi, ...rest}) => rest;

const examples = {
	async jwk(k) {
		const alg = {EC: "ES512", RSA: "RS256", oct: k.alg}[k.kty];
		const key = await jose.importJWK({...k, ext: true}, alg);
		if (key instanceof Uint8Array) return same(jose.base64url.encode(key), k.k, "the key");
		const again = await jose.exportJWK(key);
		for (const m of ["kty", "crv", "x", "y", "d", "n", "e", "p", "q", "dp", "dq", "qi"]) same(again[m], k[m], m);
	},
	async jws({input, signing, output, reproducible}) {
		const [key, step] = [input.key, signing].map(x => (Array.isArray(x) ? x[0] : x));
		const alg = [input.alg].flat()[0];
		const payload = new TextEncoder().encode(input.payload);
		const crit = {crit: {b64: true}};
		const verify = await jose.importJWK(publicPart(key), alg);
		const detached = output.json && output.json.payload === undefined;
		if (output.compact && !detached) same(decode((await jose.compactVerify(output.compact, verify, crit)).payload), input.payload, "the payload");
		if (output.json_flat) same(decode((await jose.flattenedVerify({...output.json_flat, ...(detached ? {payload: jose.base64url.encode(payload)} : {})}, verify, crit)).payload), input.payload, "the payload");
		if (output.json) same(decode((await jose.generalVerify({...output.json, ...(detached ? {payload: jose.base64url.encode(payload)} : {})}, verify, crit)).payload), input.payload, "the payload");
		if (reproducible && step.protected && output.json_flat) {
			const made = await new jose.FlattenedSign(payload).setProtectedHeader(step.protected).sign(await jose.importJWK(key, alg), crit);
			same(made.signature, output.json_flat.signature, "the signature");
		}
	},
	async jwe({input, output, encrypting_content}) {
		const key = [input.key].flat()[0];
		const alg = input.alg ? [input.alg].flat()[0] : encrypting_content.protected.alg;
		const secret = input.pwd ? new TextEncoder().encode(input.pwd) : await jose.importJWK(key, alg);
		const options = {keyManagementAlgorithms: [alg]};
		if (output.compact) same(decode((await jose.compactDecrypt(output.compact, secret, options)).plaintext), input.plaintext, "the plaintext");
		if (output.json_flat) same(decode((await jose.flattenedDecrypt(output.json_flat, secret, options)).plaintext), input.plaintext, "the plaintext");
		const decrypt = output.json?.recipients ? jose.generalDecrypt : jose.flattenedDecrypt;
		if (output.json) same(decode((await decrypt(output.json, secret, options)).plaintext), input.plaintext, "the plaintext");
	},
};
examples.rfc7797 = examples.jws;
examples.curve25519 = e => (e.signing ? examples.jws(e) : examples.jwe(e));

globalThis.example = (kind, e) => outcome(() => examples[kind](e));

// wycheproof verifies or decrypts a token, which must work if it is valid, and must not if not.
globalThis.wycheproof = async (token, key, plaintext, valid) => {
	const text = typeof token === "string" ? token : JSON.stringify(token);
	const got = await outcome(async () => {
		if (typeof token !== "string") {
			return token.ciphertext ? jose.generalDecrypt(token, await jose.importJWK(key)) : jose.generalVerify(token, key.keys ? jose.createLocalJWKSet(key) : await jose.importJWK(key));
		}
		const parts = token.split(".").length;
		if (parts === 5) {
			const {plaintext: got} = await jose.compactDecrypt(token, await jose.importJWK(key), {keyManagementAlgorithms: [key.alg]});
			return plaintext && same([...got].map(b => b.toString(16).padStart(2, "0")).join(""), plaintext, "the plaintext");
		}
		return jose.compactVerify(token, key.keys ? jose.createLocalJWKSet(key) : await jose.importJWK(key), key.alg ? {algorithms: [key.alg]} : {});
	});
	if ((got === "ok") === valid) return "ok";
	return valid ? got : `accepted: ${text.slice(0, 60)}`;
};

export default {};
