/** An event as `EventSource` gets it. */
export interface ServerEvent {
  /** Sent back in the header `last-event-id` by a client that comes again. */
  id?: string;
  data: unknown;
}

const encoder = new TextEncoder();

/**
 * Answers with a stream of events. `start` is called at once, and may send them from then on;
 * what it returns is called when the client has left.
 *
 * Format: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function eventStream(start: (send: (event: ServerEvent) => void) => () => void): Response {
  let stop = () => {};
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      stop = start(({ id, data }) => {
        // A client that reads slower than we send loses events rather than have them pile up.
        if ((controller.desiredSize ?? 0) <= -queued) return;
        controller.enqueue(encoder.encode(`${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`));
      });
    },
    cancel: () => stop(),
  });
  return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
}

/** How many events wait for a client at most. */
const queued = 100;
