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
  // @ts-expect-error: streams come from the runtime.
  new ReadableStream();
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
