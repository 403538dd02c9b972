interface Env {
  KV: KVNamespace; // from [[kv]] in skerry.toml
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/") {
      const { keys } = await env.KV.list({ prefix: "note:" });
      return Response.json({ visits: await env.KV.incr("visits"), notes: keys.map(({ name }) => name.slice(5)) });
    }
    return note(request, env.KV, "note:" + pathname.slice(1));
  },
};

async function note(request: Request, kv: KVNamespace, key: string): Promise<Response> {
  switch (request.method) {
    case "GET": {
      const text = await kv.get(key);
      return text === null ? new Response("There is no such note.\n", { status: 404 }) : new Response(text);
    }
    case "PUT":
      await kv.put(key, await request.text());
      return new Response(null, { status: 204 });
    case "DELETE":
      await kv.delete(key);
      return new Response(null, { status: 204 });
    default:
      return new Response("GET, PUT or DELETE a note.\n", { status: 405, headers: { allow: "GET, PUT, DELETE" } });
  }
}
