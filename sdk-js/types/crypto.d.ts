// Cryptography: https://w3c.github.io/webcrypto/

declare class Crypto {
  private constructor();
  /** A class: what is written to an instance goes into a digest. Source: https://developers.cloudflare.com/workers/runtime-apis/web-crypto/#digeststream */
  readonly DigestStream: new (algorithm: HashAlgorithm | "MD5") => DigestStream;
  readonly subtle: SubtleCrypto;
  getRandomValues<T extends ArrayBufferView>(array: T): T;
  randomUUID(): `${string}-${string}-${string}-${string}-${string}`;
}

interface DigestStream extends WritableStream<BufferSource | string> {
  readonly bytesWritten: number;
  readonly digest: Promise<ArrayBuffer>;
}

type HashName = "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";
type HashAlgorithm = HashName | { name: HashName };
type NamedCurve = "P-256" | "P-384" | "P-521";
type KeyUsage = "encrypt" | "decrypt" | "sign" | "verify" | "deriveKey" | "deriveBits" | "wrapKey" | "unwrapKey";
type KeyFormat = "raw" | "spki" | "pkcs8" | "jwk";

interface AesGcmParams {
  name: "AES-GCM";
  iv: BufferSource;
  additionalData?: BufferSource;
  /** In bits: 32, 64, 96, 104, 112, 120 or 128, the default. */
  tagLength?: number;
}

interface AesCbcParams {
  name: "AES-CBC";
  iv: BufferSource;
}

interface AesCtrParams {
  name: "AES-CTR";
  counter: BufferSource;
  /** Of the counter, in bits. */
  length: number;
}

interface RsaOaepParams {
  name: "RSA-OAEP";
  label?: BufferSource;
}

type CipherAlgorithm = AesGcmParams | AesCbcParams | AesCtrParams | RsaOaepParams | "RSA-OAEP";
type WrapAlgorithm = CipherAlgorithm | "AES-KW" | { name: "AES-KW" };

type SignAlgorithm =
  | "HMAC" | "Ed25519" | "RSASSA-PKCS1-v1_5"
  | { name: "HMAC" | "Ed25519" | "RSASSA-PKCS1-v1_5" }
  | { name: "RSA-PSS"; saltLength: number }
  | { name: "ECDSA"; hash: HashAlgorithm };

interface AesKeyParams {
  name: "AES-GCM" | "AES-CBC" | "AES-CTR" | "AES-KW";
  /** In bits: 128, 192 or 256. */
  length: number;
}

interface HmacKeyParams {
  name: "HMAC";
  hash: HashAlgorithm;
  /** In bits; absent: the hash function's block. */
  length?: number;
}

interface RsaKeyParams {
  name: "RSASSA-PKCS1-v1_5" | "RSA-PSS" | "RSA-OAEP";
  modulusLength: number;
  publicExponent: Uint8Array;
  hash: HashAlgorithm;
}

interface EcKeyParams {
  name: "ECDSA" | "ECDH";
  namedCurve: NamedCurve;
}

type PairAlgorithm = RsaKeyParams | EcKeyParams | "Ed25519" | "X25519" | { name: "Ed25519" | "X25519" };

type ImportAlgorithm =
  | { name: "AES-GCM" | "AES-CBC" | "AES-CTR" | "AES-KW" | "HKDF" | "PBKDF2" | "Ed25519" | "X25519" }
  | "AES-GCM" | "AES-CBC" | "AES-CTR" | "AES-KW" | "HKDF" | "PBKDF2" | "Ed25519" | "X25519"
  | HmacKeyParams | EcKeyParams
  | { name: "RSASSA-PKCS1-v1_5" | "RSA-PSS" | "RSA-OAEP"; hash: HashAlgorithm };

type DeriveAlgorithm =
  | { name: "ECDH" | "X25519"; public: CryptoKey }
  | { name: "HKDF"; hash: HashAlgorithm; salt: BufferSource; info: BufferSource }
  | { name: "PBKDF2"; hash: HashAlgorithm; salt: BufferSource; iterations: number };

interface CryptoKeyPair {
  publicKey: CryptoKey;
  privateKey: CryptoKey;
}

/** A key as JSON. Source: https://www.rfc-editor.org/rfc/rfc7517 */
interface JsonWebKey {
  kty?: string;
  alg?: string;
  crv?: string;
  d?: string;
  dp?: string;
  dq?: string;
  e?: string;
  ext?: boolean;
  k?: string;
  key_ops?: string[];
  n?: string;
  p?: string;
  q?: string;
  qi?: string;
  use?: string;
  x?: string;
  y?: string;
}

interface KeyAlgorithm {
  name: string;
  length?: number;
  hash?: { name: string };
  namedCurve?: string;
  modulusLength?: number;
  publicExponent?: Uint8Array;
}

declare class CryptoKey {
  private constructor();
  readonly algorithm: KeyAlgorithm;
  readonly extractable: boolean;
  readonly type: "public" | "private" | "secret";
  readonly usages: KeyUsage[];
}

declare class SubtleCrypto {
  private constructor();
  encrypt(algorithm: CipherAlgorithm, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
  decrypt(algorithm: CipherAlgorithm, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
  sign(algorithm: SignAlgorithm, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
  verify(algorithm: SignAlgorithm, key: CryptoKey, signature: BufferSource, data: BufferSource): Promise<boolean>;
  digest(algorithm: HashAlgorithm, data: BufferSource): Promise<ArrayBuffer>;
  generateKey(algorithm: PairAlgorithm, extractable: boolean, usages: readonly KeyUsage[]): Promise<CryptoKeyPair>;
  generateKey(algorithm: AesKeyParams | HmacKeyParams, extractable: boolean, usages: readonly KeyUsage[]): Promise<CryptoKey>;
  deriveKey(algorithm: DeriveAlgorithm, key: CryptoKey, derived: AesKeyParams | HmacKeyParams, extractable: boolean, usages: readonly KeyUsage[]): Promise<CryptoKey>;
  /** As many bits as `length` says; null: as many as the algorithm gives. */
  deriveBits(algorithm: DeriveAlgorithm, key: CryptoKey, length?: number | null): Promise<ArrayBuffer>;
  importKey(format: "jwk", key: JsonWebKey, algorithm: ImportAlgorithm, extractable: boolean, usages: readonly KeyUsage[]): Promise<CryptoKey>;
  importKey(format: Exclude<KeyFormat, "jwk">, key: BufferSource, algorithm: ImportAlgorithm, extractable: boolean, usages: readonly KeyUsage[]): Promise<CryptoKey>;
  exportKey(format: "jwk", key: CryptoKey): Promise<JsonWebKey>;
  exportKey(format: Exclude<KeyFormat, "jwk">, key: CryptoKey): Promise<ArrayBuffer>;
  wrapKey(format: KeyFormat, key: CryptoKey, wrapping: CryptoKey, algorithm: WrapAlgorithm): Promise<ArrayBuffer>;
  unwrapKey(format: KeyFormat, wrapped: BufferSource, unwrapping: CryptoKey, algorithm: WrapAlgorithm, key: ImportAlgorithm, extractable: boolean, usages: readonly KeyUsage[]): Promise<CryptoKey>;
  /** Compares in a time that tells nothing of the bytes; both must have the same length. */
  timingSafeEqual(a: BufferSource, b: BufferSource): boolean;
}
