import { eventStream } from "./eventstream";
import { page } from "./page";

export default {
  fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    switch (pathname) {
      case "/":
        return new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } });
      case "/ticks":
        return ticks(Number(request.headers.get("last-event-id") ?? 0), Number(searchParams.get("ms") ?? 1000));
      case "/upper":
        return upper(request.body);
      default:
        return new Response("try /, /ticks or POST /upper\n", { status: 404 });
    }
  },
} satisfies ExportedHandler;

/** Sends an event with a number now and then, from the one after `last`, until the client leaves. */
function ticks(last: number, ms: number): Response {
  if (!(ms >= 10) || !(last >= 0)) return new Response("ms is a number from 10\n", { status: 400 });
  return eventStream((send) => {
    let id = last;
    const timer = setInterval(() => send({ id: String(++id), data: { at: new Date().toISOString() } }), ms);
    return () => clearInterval(timer);
  });
}

/** Sends back what comes, in capitals, while it comes: neither side is ever held whole. */
function upper(body: ReadableStream<Uint8Array> | null): Response {
  const capitals = new TransformStream<string, string>({
    transform: (text, controller) => controller.enqueue(text.toUpperCase()),
  });
  return new Response(body?.pipeThrough(new TextDecoderStream()).pipeThrough(capitals).pipeThrough(new TextEncoderStream()));
}
