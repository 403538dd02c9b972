/**
 * What a bundle exports:
 *
 * ```ts
 * export default {
 *   async fetch(request, env, ctx) {
 *     return new Response("hello");
 *   },
 * } satisfies ExportedHandler<Env>;
 * ```
 *
 * `Env` is the author's own description of `env`: strings for the manifest's `[vars]`, a
 * {@link KVNamespace} for each `[[kv]]`.
 */
interface ExportedHandler<Env = unknown> {
  /** Answers an HTTP request. What it throws becomes a 500 with the code `exception`. */
  fetch(request: Request, env: Env, ctx: ExecutionContext): Response | Promise<Response>;
}

/**
 * What a bundle may export as `warmup`: it runs when an isolate is made, before its first event,
 * which finds what it has left in the module's variables.
 *
 * ```ts
 * export const warmup: Warmup = () => app.request("/");
 * ```
 *
 * With a fresh isolate for each event (the default), isolates are then copied from one that has
 * been warmed up.
 */
type Warmup<Env = unknown> = (env: Env) => unknown;

/** The event that a handler was called for. */
interface ExecutionContext {
  /** Keeps the event alive, after its response is out, until `promise` settles. A rejection is logged. */
  waitUntil(promise: Promise<unknown>): void;

  /** Milliseconds of JavaScript time that this event has used, with their fraction. Waiting isn't counted. */
  cpuTime(): number;

  /** For code written for other platforms: there is no origin to pass to, so it does nothing. */
  passThroughOnException(): void;
}
