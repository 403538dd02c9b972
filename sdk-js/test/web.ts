// The Web APIs as functions use them, with nothing of the "DOM" library at hand.

export async function messages(request: Request): Promise<Response> {
  const copy = new Request(new URL("/other", request.url), request);
  const { name } = await copy.json<{ name: string }>();
  const upper: string = name.toUpperCase();

  const headers = new Headers([["a", "1"]]);
  headers.append("set-cookie", "a=1");
  const cookies: string[] = headers.getSetCookie();
  const pairs: [string, string][] = [...new Headers({ a: "1" })];

  const upstream = await fetch(copy, { redirect: "manual", signal: AbortSignal.timeout(1000) });
  if (upstream.body !== null) {
    for await (const chunk of upstream.body) {
      const bytes: Uint8Array = chunk;
      void bytes;
    }
  }
  // @ts-expect-error: what has arrived is not changed in place.
  upstream.status = 500;
  // @ts-expect-error: a status is a number.
  new Response(null, { status: "200" });
  // @ts-expect-error: an object becomes a body by Response.json.
  new Response({ name });

  void [upper, cookies, pairs];
  return new Response(upstream.body, upstream);
}

export async function cached(request: Request, ctx: { waitUntil(promise: Promise<unknown>): void }): Promise<Response> {
  const hit: Response | undefined = await caches.default.match(request, { ignoreMethod: true });
  if (hit) return hit;
  const response = await fetch(request);
  ctx.waitUntil(caches.default.put(request, response.clone()));
  const other: Cache = await caches.open("other");
  const gone: boolean = await other.delete(new URL(request.url));
  // @ts-expect-error: the cache can't look past a query.
  await other.match(request, { ignoreSearch: true });
  void gone;
  return response;
}

export async function addresses(): Promise<void> {
  const url = new URL("?q=1", "https://example.com");
  url.searchParams.set("q", "2");
  const parsed: URL | null = URL.parse("nonsense");
  const entries: [string, string][] = [...new URLSearchParams({ a: "1" })];
  // @ts-expect-error: an origin follows from the rest.
  url.origin = "https://example.org";
  void [parsed, entries];
}

export async function bytes(): Promise<string> {
  const digest: ArrayBuffer = await crypto.subtle.digest("SHA-256", new TextEncoder().encode("text"));
  const id: string = crypto.randomUUID();
  const random: Uint8Array = crypto.getRandomValues(new Uint8Array(16));
  const blob = new Blob(["a", digest], { type: "text/plain" });
  const form = new FormData();
  form.append("file", new File([blob], "a.txt"));
  const entry: File | string | null = form.get("file");
  // @ts-expect-error: this version has no other algorithms.
  await crypto.subtle.digest("MD5", digest);
  void [id, random, entry];
  return btoa(new TextDecoder().decode(digest));
}

export function events(): void {
  class Greeting extends CustomEvent<{ name: string }> {}
  const target = new EventTarget();
  target.addEventListener("greet", (event) => console.log(event.type), { once: true });
  target.dispatchEvent(new Greeting("greet", { detail: { name: "Ada" } }));
  const controller = new AbortController();
  controller.signal.onabort = () => console.warn(controller.signal.reason);
  controller.abort(new DOMException("gone", "AbortError"));
  // @ts-expect-error: signals come from controllers.
  new AbortSignal();
}

export async function streams(body: ReadableStream<Uint8Array>): Promise<Response> {
  const ticks = new ReadableStream<number>({
    start: (controller) => controller.enqueue(1),
    pull: (controller) => controller.close(),
  });
  const lines = new TransformStream<number, string>({ transform: (chunk, controller) => controller.enqueue(`${chunk}\n`) });
  for await (const line of ticks.pipeThrough(lines)) console.log(line.length);
  const reader = body.getReader({ mode: "byob" });
  const { value, done } = await reader.read(new Uint8Array(10), { min: 5 });
  if (!done) console.log(value.byteLength);
  reader.releaseLock();
  await body.pipeTo(new WritableStream({ write: (chunk: Uint8Array) => console.log(chunk.length) }), { preventClose: true });
  // @ts-expect-error: controllers come from streams.
  new ReadableStreamDefaultController();
  return new Response(ReadableStream.from(["a", "b"]));
}

export async function keys(): Promise<JsonWebKey> {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, new Uint8Array(1));
  const secret = await crypto.subtle.importKey("raw", new Uint8Array(32), "HKDF", false, ["deriveKey"]);
  const salt = new Uint8Array(0);
  const derived = await crypto.subtle.deriveKey({ name: "HKDF", hash: "SHA-256", salt, info: salt }, secret, { name: "AES-GCM", length: 256 }, true, ["encrypt"]);
  console.log(signature.byteLength, derived.algorithm.name);
  return crypto.subtle.exportKey("jwk", pair.publicKey);
}

export function rewritten(page: Response): Response {
  const match = new URLPattern({ pathname: "/items/:id" }).exec("https://example.com/items/1");
  const id: string | undefined = match?.pathname.groups.id;
  return new HTMLRewriter()
    .on("a[href]", { element: (a) => void a.setAttribute("href", `${a.getAttribute("href")}?${id}`).append("<b>!</b>", { html: true }) })
    .onDocument({ end: (end) => void end.append("done") })
    .transform(page);
}

export function timers(): void {
  const id: number = setTimeout((name: string) => console.info(name), 10, "Ada");
  clearTimeout(id);
  queueMicrotask(() => console.debug(performance.now(), navigator.userAgent));
  const copy: { a: number[] } = structuredClone({ a: [1] });
  void copy;
}

export function absent(): void {
  // @ts-expect-error: there is no document.
  document;
  // @ts-expect-error: there is no window.
  window;
  // @ts-expect-error: there is no process.
  process;
  // @ts-expect-error: there is no XMLHttpRequest.
  XMLHttpRequest;
  // @ts-expect-error: WebSockets come in a later version.
  WebSocket;
}
