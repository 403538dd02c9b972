// The types of KV calls: each line's left side is what the call must give.

interface Cart {
  items: string[];
}

interface Owner {
  user: string;
}

export async function get(kv: KVNamespace): Promise<void> {
  const text: string | null = await kv.get("k");
  const same: string | null = await kv.get("k", "text");
  const cached: string | null = await kv.get("k", { cacheTtl: 60 });
  const cart: Cart | null = await kv.get<Cart>("k", "json");
  const buffer: ArrayBuffer | null = await kv.get("k", { type: "arrayBuffer" });
  const stream: ReadableStream | null = await kv.get("k", "stream");
  const many: Map<string, string | null> = await kv.get(["a", "b"]);
  const carts: Map<string, Cart | null> = await kv.get<Cart>(["a", "b"], "json");

  // @ts-expect-error: a key may be absent.
  const sure: string = await kv.get("k");
  const json = await kv.get("k", "json");
  // @ts-expect-error: JSON can be anything until its type is said.
  json?.items;
  // @ts-expect-error: the four types have these names.
  await kv.get("k", "buffer");
  // @ts-expect-error: several keys can't be read as buffers at once.
  await kv.get(["a", "b"], "arrayBuffer");

  void [text, same, cached, cart, buffer, stream, many, carts, sure];
}

export async function getWithMetadata(kv: KVNamespace): Promise<void> {
  const { value, metadata, version, cacheStatus } = await kv.getWithMetadata<Owner>("k");
  const text: string | null = value;
  const user: string | undefined = metadata?.user;
  const name: string | null = version;
  const status: null = cacheStatus;

  const both = await kv.getWithMetadata<Cart, Owner>("k", "json");
  const items: string[] | undefined = both.value?.items;
  const owner: string | undefined = both.metadata?.user;

  void [text, user, name, status, items, owner];
}

export async function put(kv: KVNamespace, version: string | null): Promise<void> {
  await kv.put("k", "text");
  await kv.put("k", new Uint8Array(8), { expirationTtl: 60, metadata: { user: "ada" } });
  const written: boolean = await kv.put("k", "text", { ifAbsent: true });
  const swapped: boolean = await kv.put("k", "text", { ifVersion: version, expiration: 2e9 });
  await kv.put("k", new Response("text").body!);

  // @ts-expect-error: an object is not written as JSON unasked.
  await kv.put("k", { items: [] });
  // @ts-expect-error: an unconditional put says nothing.
  const said: boolean = await kv.put("k", "text");
  // @ts-expect-error: a version is what getWithMetadata gave, and no number.
  await kv.put("k", "text", { ifVersion: 1 });
  // @ts-expect-error: a condition is there or it isn't.
  await kv.put("k", "text", { ifAbsent: false });
  // @ts-expect-error: options are an object; a number is no expiry.
  await kv.put("k", "text", 60);
  // @ts-expect-error: it is one or the other.
  await kv.put("k", "text", { ifVersion: "v", ifAbsent: true });

  void [written, swapped, said];
}

export async function list(kv: KVNamespace<`user:${string}`>): Promise<string[]> {
  const page = await kv.list<Owner>({ prefix: "user:", limit: 10, cursor: null });
  // @ts-expect-error: the last page has no cursor.
  page.cursor;
  if (!page.list_complete) {
    const cursor: string = page.cursor;
    return [cursor];
  }
  const name: `user:${string}` | undefined = page.keys[0]?.name;
  const user: string | undefined = page.keys[0]?.metadata?.user;
  // @ts-expect-error: this namespace has keys of one form.
  await kv.delete("order:1");

  void [name, user];
  return page.keys.map((key) => key.name);
}

export async function incr(kv: KVNamespace): Promise<number> {
  await kv.incr("hits", -2);
  // @ts-expect-error: it adds numbers.
  await kv.incr("hits", "2");
  return kv.incr("hits");
}
