// A megabyte, written in 64 chunks as the client takes them.
const chunk = new Uint8Array(16 * 1024).fill(120);

export default {
  fetch() {
    let left = 64;
    const body = new ReadableStream({
      pull(controller) {
        if (left-- > 0) controller.enqueue(chunk);
        else controller.close();
      },
    });
    return new Response(body, { headers: { "content-type": "application/octet-stream" } });
  },
};
