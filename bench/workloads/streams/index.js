// Bodies that stream, one by the path. What is measured from outside carries the time when it was
// enqueued, in milliseconds since 1970.
const encoder = new TextEncoder();
const stamp = () => encoder.encode(`data: ${performance.timeOrigin + performance.now()}\n\n`);
const events = { headers: { "content-type": "text/event-stream" } };

export default {
  fetch(request, _env, ctx) {
    const url = new URL(request.url);
    return cases[url.pathname](request, url.searchParams, ctx);
  },
};

const cases = {
  "/hello": () => new Response("hello"),

  // One chunk, enqueued at once or a while after the head.
  "/first": (_request, params) => {
    const ms = Number(params.get("ms"));
    const body = new ReadableStream({
      start(controller) {
        const give = () => (controller.enqueue(stamp()), controller.close());
        if (ms) setTimeout(give, ms);
        else give();
      },
    });
    return new Response(body, events);
  },

  "/proxy": ({ method, headers, body }, params) => fetch(params.get("to"), { method, headers, body }),

  // So many chunks of 64 KB, made when they are asked for. When the client leaves, the number of
  // those that were made is reported, in both ways in which a function hears of that.
  "/chunks": ({ signal }, params, ctx) => {
    const n = Number(params.get("n"));
    let made = 0;
    const report = (what) => {
      const to = params.get("report");
      if (to) ctx.waitUntil(fetch(`${to}?${new URLSearchParams({ what, made, at: performance.timeOrigin + performance.now() })}`));
    };
    signal.addEventListener("abort", () => report("abort"));
    const body = new ReadableStream({
      pull(controller) {
        if (made++ === n) controller.close();
        else controller.enqueue(new Uint8Array(64 << 10));
      },
      cancel: () => report("cancel"),
    });
    return new Response(body);
  },

  // A body that nothing can bring on.
  "/never": () => new Response(new ReadableStream()),
};
