// What a handler may look like, and what is refused.

interface Env {
  GREETING: string;
  KV: KVNamespace;
}

export default {
  async fetch(request, env, ctx) {
    ctx.waitUntil(env.KV.put("last", request.url));
    // @ts-expect-error: waitUntil takes a promise, not a function that makes one.
    ctx.waitUntil(() => env.KV.put("last", request.url));
    // @ts-expect-error: there is no such binding.
    env.OTHER;
    return new Response(env.GREETING.toUpperCase());
  },
} satisfies ExportedHandler<Env>;

export const plain: ExportedHandler = { fetch: () => new Response("no await, no arguments") };

// @ts-expect-error: a handler returns a Response.
export const text: ExportedHandler = { fetch: () => "hello" };

// @ts-expect-error: without fetch, nothing is handled.
export const empty: ExportedHandler = {};

// @ts-expect-error: env is unknown until it is described.
export const unknownEnv: ExportedHandler = { fetch: (_, env) => new Response(env.GREETING) };

export const warmup: Warmup<Env> = (env) => env.GREETING.toUpperCase();

// @ts-expect-error: no event has come yet.
export const early: Warmup = (env, ctx: ExecutionContext) => ctx.cpuTime();
