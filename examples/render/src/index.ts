import { page } from "./html";
import { lighthouses } from "./lighthouses";
import { lighthousePage, listPage, notFoundPage, suggestPage, thanksPage } from "./pages";

export default {
  async fetch(request) {
    const url = new URL(request.url);
    const reading = request.method === "GET" || request.method === "HEAD";

    if (url.pathname === "/" && reading) {
      return list(url.searchParams.get("q") ?? "");
    }
    if (url.pathname === "/suggest" && reading) {
      return page(suggestPage({ name: "", country: "" }));
    }
    if (url.pathname === "/suggest" && request.method === "POST") {
      return suggest(request);
    }
    const [, folder, slug] = url.pathname.split("/");
    const one = folder === "lighthouses" && lighthouses.find((l) => l.slug === slug);
    if (one && reading) {
      return page(lighthousePage(one));
    }
    return page(notFoundPage(url.pathname), 404);
  },
} satisfies ExportedHandler;

function list(query: string): Response {
  const wanted = query.trim().toLowerCase();
  const found = lighthouses.filter(({ name, country }) => `${name} ${country}`.toLowerCase().includes(wanted));
  return page(listPage(found, query));
}

async function suggest(request: Request): Promise<Response> {
  let form: FormData;
  try {
    form = await request.formData();
  } catch {
    return page(suggestPage({ name: "", country: "", problem: "Please send the form below." }), 400);
  }
  const given = { name: field(form, "name"), country: field(form, "country") };
  if (given.name === "") {
    return page(suggestPage({ ...given, problem: "A lighthouse needs a name." }), 422);
  }
  return page(thanksPage(given));
}

/** A text field of a form, empty if it was not sent, or sent as a file. */
function field(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value.trim() : "";
}
