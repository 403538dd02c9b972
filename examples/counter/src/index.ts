import { BusyError, update } from "./update";

interface Env {
  KV: KVNamespace;
}

/** What is kept under the key "visits". */
interface Visits {
  count: number;
  first: string;
  last: string;
}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    switch (`${request.method} ${pathname}`) {
      case "GET /visits":
        return Response.json(await env.KV.get<Visits>("visits", "json"));
      case "POST /visits":
        return visit(env.KV);
      case "GET /hits":
        return Response.json({ count: Number((await env.KV.get("hits")) ?? 0) });
      case "POST /hits":
        return Response.json({ count: await env.KV.incr("hits") });
      default:
        return Response.json({ error: "try GET or POST on /visits or /hits" }, { status: 404 });
    }
  },
} satisfies ExportedHandler<Env>;

/** Counts a visit in a value that is more than a number, which `incr` can't change. */
async function visit(kv: KVNamespace): Promise<Response> {
  const now = new Date().toISOString();
  try {
    const visits = await update<Visits>(kv, "visits", (old) => ({
      count: (old?.count ?? 0) + 1,
      first: old?.first ?? now,
      last: now,
    }));
    return Response.json(visits);
  } catch (error) {
    if (error instanceof BusyError) {
      return Response.json({ error: error.message }, { status: 503, headers: { "retry-after": "1" } });
    }
    throw error;
  }
}
