import { rewriteHeaders, rewritePage } from "./rewrite";

interface Env {
  /** The site behind the proxy: "https://example.com". Its path, if any, is not used. */
  ORIGIN: string;
}

export default {
  async fetch(request, env) {
    const here = new URL(request.url);
    const there = new URL(env.ORIGIN);
    // Set, not resolved: a path like "//other.example/" must not change the host.
    there.pathname = here.pathname;
    there.search = here.search;

    let response: Response;
    try {
      response = await fetch(forward(request, there));
    } catch (error) {
      console.error(`${there.origin} can't be reached:`, error);
      return new Response("The origin can't be reached.\n", { status: 502 });
    }

    const headers = rewriteHeaders(response.headers, there.origin, here.origin);
    const { status, statusText } = response;
    if (request.method === "HEAD" || response.body === null || !isPage(headers)) {
      return new Response(response.body, { status, statusText, headers });
    }
    const page = rewritePage(await response.text(), there.origin, here.origin);
    headers.delete("etag"); // it named the page as it was
    return new Response(page, { status, statusText, headers });
  },
} satisfies ExportedHandler<Env>;

/** The same request to another URL. Redirects are the client's to follow. */
function forward(request: Request, to: URL): Request {
  const headers = new Headers(request.headers);
  headers.set("x-forwarded-host", new URL(request.url).host);
  headers.delete("accept-encoding"); // the page is to be read here
  return new Request(to, { method: request.method, headers, body: request.body, redirect: "manual" });
}

function isPage(headers: Headers): boolean {
  return headers.get("content-type")?.startsWith("text/html") ?? false;
}
