type Params = Record<string, string>;
type Handler = (request: Request, params: Params) => Response | Promise<Response>;

/** The routes: a method, a path whose named groups become params, and what answers. */
const routes: [method: string, path: RegExp, handler: Handler][] = [
  ["GET", /^\/$/, () => Response.json({ try: ["GET /greetings/Ada", "POST /words"] })],
  ["GET", /^\/greetings\/(?<name>[^/]+)$/, (_, { name }) => Response.json({ greeting: `Hello, ${name}!` })],
  ["POST", /^\/words$/, countWords],
];

export default {
  async fetch(request: Request): Promise<Response> {
    try {
      return await route(request);
    } catch (error) {
      if (error instanceof Problem) {
        return Response.json({ error: error.message }, { status: error.status });
      }
      throw error; // a fault of ours: the log has it, the client gets a 500
    }
  },
};

function route(request: Request): Response | Promise<Response> {
  const { pathname } = new URL(request.url);
  const allowed: string[] = [];
  for (const [method, path, handler] of routes) {
    const found = path.exec(pathname);
    if (found !== null && method === request.method) {
      return handler(request, decode(found.groups));
    }
    if (found !== null) {
      allowed.push(method);
    }
  }
  if (allowed.length > 0) {
    throw new Problem(405, `${pathname} takes ${allowed.join(" or ")}`);
  }
  throw new Problem(404, `there is nothing at ${pathname}`);
}

async function countWords(request: Request): Promise<Response> {
  const input = await request.json().catch(() => null);
  if (typeof input?.text !== "string") {
    throw new Problem(422, 'send JSON like {"text": "some words"}');
  }
  return Response.json({ words: input.text.split(/\s+/).filter(Boolean).length });
}

/** Thrown to tell the client what to do differently. */
class Problem extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/** Params as they were before they became part of a URL. */
function decode(groups: Params = {}): Params {
  try {
    return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]));
  } catch {
    throw new Problem(400, "the path is not encoded as a URL should be");
  }
}
