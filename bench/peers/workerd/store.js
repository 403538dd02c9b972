// What a KV namespace of workerd asks of the service behind it, over a Map in memory.
const values = new Map();

export default {
  async fetch(request) {
    const key = decodeURIComponent(new URL(request.url).pathname.slice(1));
    switch (request.method) {
      case "PUT":
        values.set(key, await request.arrayBuffer());
        return new Response(null, { status: 204 });
      case "GET":
        return values.has(key) ? new Response(values.get(key)) : new Response("not found", { status: 404 });
      default:
        return new Response("not supported", { status: 405 });
    }
  },
};
