// Server-sent events, one every so many milliseconds until the client leaves: each is the time when it
// was enqueued, in milliseconds since 1970.
const encoder = new TextEncoder();

export default {
  fetch(request) {
    const ms = Number(new URL(request.url).searchParams.get("ms"));
    let timer;
    const body = new ReadableStream({
      start(controller) {
        const tick = () => controller.enqueue(encoder.encode(`data: ${performance.timeOrigin + performance.now()}\n\n`));
        timer = setInterval(tick, ms);
      },
      cancel: () => clearInterval(timer),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  },
};
