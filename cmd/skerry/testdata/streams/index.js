// Bodies of every kind, one by the path.
const encoder = new TextEncoder();
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// endless makes 1 KB whenever it is asked.
const endless = () => new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1024)) });

const count = async (body) => {
  let n = 0;
  for await (const chunk of body) n += chunk.length;
  return n;
};

export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    return cases[pathname](request, env, ctx, searchParams.get("to"));
  },
};

const cases = {
  "/echo": ({ body }) => new Response(body),
  "/twice": async ({ body }) => {
    const [a, b] = body.tee();
    const [m, n] = await Promise.all([count(a), count(b)]);
    return new Response(`${m} ${n}`);
  },
  "/count": async ({ body }) => new Response(await count(body)),
  "/unread": () => new Response("unread"),

  "/proxy": ({ method, headers, body }, _env, _ctx, to) => fetch(to, { method, headers, body }),
  "/fetch": (_request, _env, _ctx, to) => fetch(to),
  "/decoded": async (_request, _env, _ctx, to) => {
    const response = await fetch(to);
    return new Response(`${response.headers.get("content-encoding")} ${await response.text()}`);
  },
  "/counted": async (_request, _env, _ctx, to) => {
    try {
      return new Response(await count((await fetch(to)).body));
    } catch (e) {
      return new Response(`${e.name}: ${e.message}`);
    }
  },
  "/ignored": async (_request, _env, _ctx, to) => new Response((await fetch(to)).status),
  "/half": async (_request, _env, _ctx, to) => {
    for await (const chunk of (await fetch(to)).body) return new Response(chunk.length > 0);
  },
  "/aborted": async (_request, _env, _ctx, to) => {
    const controller = new AbortController();
    const { body } = await fetch(to, { signal: controller.signal });
    const reader = body.getReader();
    await reader.read();
    controller.abort();
    return new Response(await reader.read().catch((e) => e.name));
  },
  "/post": async ({ body }, _env, _ctx, to) => {
    try {
      return await fetch(to, { method: "POST", body });
    } catch (e) {
      return new Response(`${e.name}: ${e.message}`);
    }
  },

  "/endless": () => new Response(endless()),
  "/fails": () => {
    let left = 3;
    return new Response(
      new ReadableStream({
        pull(controller) {
          if (left-- === 0) throw new Error("no more");
          controller.enqueue(new Uint8Array(1000));
        },
      }),
    );
  },
  "/silent": () => new Response(new ReadableStream({ pull: () => pause(60_000) })),

  // Events until the client leaves. Both ways in which the function hears of that are kept, with
  // the time.
  "/events": ({ signal, headers }, env, ctx) => {
    const id = headers.get("x-client");
    signal.addEventListener("abort", () => ctx.waitUntil(env.KV.put(`${id} aborted`, String(Date.now()))));
    let timer;
    let n = 0;
    const body = new ReadableStream({
      start(controller) {
        timer = setInterval(() => controller.enqueue(encoder.encode(`data: ${++n}\n\n`)), 20);
      },
      cancel() {
        clearInterval(timer);
        ctx.waitUntil(env.KV.put(`${id} canceled`, String(Date.now())));
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  },
  "/kept": async ({ headers }, env) => {
    const id = headers.get("x-client");
    const kept = async (what) => `${(await env.KV.get(`${id} ${what}`)) ?? ""}`;
    return Response.json({ aborted: await kept("aborted"), canceled: await kept("canceled") });
  },
};
