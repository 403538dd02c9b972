/**
 * A namespace of keys and values: what `[[kv]]` in the manifest puts on `env`.
 *
 * Keys are 1 to 512 bytes of UTF-8, values up to 25 MiB, metadata up to 1,024 bytes of JSON.
 * A write that has resolved is seen by every later read, on every node of the same store, and
 * the operations on one key happen in one order for all.
 *
 * Each method rejects with a TypeError or a RangeError for an argument that can't work. What the
 * store itself fails with has a `code`: "store_unavailable" when it is out of reach, "store_full",
 * "store_corrupt", or "internal".
 */
interface KVNamespace<Key extends string = string> {
  /** The value of `key`, or null if the key is absent or expired. */
  get(key: Key, type?: "text" | Partial<KVNamespaceGetOptions<"text">>): Promise<string | null>;
  get<Value = unknown>(key: Key, type: "json" | KVNamespaceGetOptions<"json">): Promise<Value | null>;
  get(key: Key, type: "arrayBuffer" | KVNamespaceGetOptions<"arrayBuffer">): Promise<ArrayBuffer | null>;
  get(key: Key, type: "stream" | KVNamespaceGetOptions<"stream">): Promise<ReadableStream | null>;
  /** The values of up to 100 keys, 25 MiB together at most; null stands for a key that is absent or expired. */
  get(keys: Key[], type?: "text" | Partial<KVNamespaceGetOptions<"text">>): Promise<Map<Key, string | null>>;
  get<Value = unknown>(keys: Key[], type: "json" | KVNamespaceGetOptions<"json">): Promise<Map<Key, Value | null>>;

  /** The value of `key` with what is kept beside it. All of it is null if the key is absent or expired. */
  getWithMetadata<Metadata = unknown>(key: Key, type?: "text" | Partial<KVNamespaceGetOptions<"text">>): Promise<KVNamespaceGetWithMetadataResult<string, Metadata>>;
  getWithMetadata<Value = unknown, Metadata = unknown>(key: Key, type: "json" | KVNamespaceGetOptions<"json">): Promise<KVNamespaceGetWithMetadataResult<Value, Metadata>>;
  getWithMetadata<Metadata = unknown>(key: Key, type: "arrayBuffer" | KVNamespaceGetOptions<"arrayBuffer">): Promise<KVNamespaceGetWithMetadataResult<ArrayBuffer, Metadata>>;
  getWithMetadata<Metadata = unknown>(key: Key, type: "stream" | KVNamespaceGetOptions<"stream">): Promise<KVNamespaceGetWithMetadataResult<ReadableStream, Metadata>>;
  /** The same for up to 100 keys; null stands for a key that is absent or expired. */
  getWithMetadata<Metadata = unknown>(keys: Key[], type?: "text" | Partial<KVNamespaceGetOptions<"text">>): Promise<Map<Key, KVNamespaceGetWithMetadataResult<string, Metadata> | null>>;
  getWithMetadata<Value = unknown, Metadata = unknown>(keys: Key[], type: "json" | KVNamespaceGetOptions<"json">): Promise<Map<Key, KVNamespaceGetWithMetadataResult<Value, Metadata> | null>>;

  /**
   * Writes `value` under `key` if the condition in `options` holds, and resolves to whether it
   * did: false means that somebody else was first and nothing was changed.
   *
   * ```ts
   * const { value, version } = await env.KV.getWithMetadata("cart");
   * const saved = await env.KV.put("cart", change(value), { ifVersion: version });
   * ```
   */
  put(key: Key, value: KVNamespacePutValue, options: KVNamespacePutOptions & KVNamespacePutCondition): Promise<boolean>;
  /** Writes `value` under `key`, replacing what was there. */
  put(key: Key, value: KVNamespacePutValue, options?: KVNamespacePutOptions): Promise<void>;

  /** Makes `key` absent. A key that is absent already is no error. */
  delete(key: Key): Promise<void>;

  /** The names of keys, in the order of their UTF-8 bytes, a page at a time. */
  list<Metadata = unknown>(options?: KVNamespaceListOptions): Promise<KVNamespaceListResult<Metadata, Key>>;

  /**
   * Adds `by`, a whole number that may be negative, 1 if not given, to the number under `key`,
   * and resolves to the sum. An absent key counts as 0. No update is lost, however many write
   * at once. It rejects, changing nothing, if the value is no whole number or the sum would
   * leave the range of 64 bits; a sum past 2^53 is kept exactly but shown rounded.
   */
  incr(key: Key, by?: number): Promise<number>;
}

/**
 * What a value can be. A stream, such as `request.body`, is read to its end. An object is refused
 * rather than guessed at: use `JSON.stringify`.
 */
type KVNamespacePutValue = string | ArrayBuffer | ArrayBufferView | ReadableStream;

interface KVNamespaceGetOptions<Type extends "text" | "json" | "arrayBuffer" | "stream"> {
  type: Type;
  /** For code written for other platforms: at least 30, otherwise unused. Reads are never stale. */
  cacheTtl?: number;
}

interface KVNamespaceGetWithMetadataResult<Value, Metadata> {
  value: Value | null;
  metadata: Metadata | null;
  /** Names this write of this key, for `ifVersion`. Versions compare for equality only. */
  version: string | null;
  /** Always null: there is no cache between a function and its store. */
  cacheStatus: null;
}

interface KVNamespacePutOptions {
  /** When the key is to expire, in seconds since 1970: a time to come. */
  expiration?: number;
  /** In how many seconds the key is to expire, a fraction if you like; it wins over `expiration`. */
  expirationTtl?: number;
  /** Kept beside the value as JSON, and given by `getWithMetadata` and `list`. */
  metadata?: unknown;
}

/** What must hold for a conditional `put` to write: one of the two. */
type KVNamespacePutCondition =
  | {
      /** The key still has this version, from `getWithMetadata`; null: it is still absent. */
      ifVersion: string | null;
      ifAbsent?: never;
    }
  | {
      /** The key is absent. */
      ifAbsent: true;
      ifVersion?: never;
    };

interface KVNamespaceListOptions {
  /** Only keys that begin with it. */
  prefix?: string | null;
  /** The most keys to return: 1 to 1,000, which is also what it is when not given. */
  limit?: number;
  /** The `cursor` of the page before, with the same `prefix`. */
  cursor?: string | null;
}

/** A page of keys. A page may be shorter than the limit, even empty, without being the last. */
type KVNamespaceListResult<Metadata, Key extends string = string> =
  | { list_complete: false; keys: KVNamespaceListKey<Metadata, Key>[]; cursor: string; cacheStatus: null }
  | { list_complete: true; keys: KVNamespaceListKey<Metadata, Key>[]; cacheStatus: null };

interface KVNamespaceListKey<Metadata, Key extends string = string> {
  name: Key;
  /** Seconds since 1970; absent if the key never expires. */
  expiration?: number;
  /** Absent if none was written. */
  metadata?: Metadata;
}
