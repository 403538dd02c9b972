// PUT keeps a profile, GET reads it back.
export default {
  async fetch(request, env) {
    const key = new URL(request.url).pathname;
    if (request.method === "PUT") {
      await env.KV.put(key, await request.text());
      return new Response(null, { status: 204 });
    }
    const profile = await env.KV.get(key);
    if (profile === null) return new Response("not found\n", { status: 404 });
    return new Response(profile);
  },
};
