/** Text that is safe to put into a page as it stands. Only `html` makes it. */
export class Html {
  constructor(readonly text: string) {}
}

/** What a template may hold. Strings are escaped, lists joined; null, undefined and false are nothing. */
export type Content = Html | string | number | null | undefined | false | readonly Content[];

/** A tag for templates: html`<p>${name}</p>`. */
export function html(parts: TemplateStringsArray, ...values: Content[]): Html {
  const out = [parts[0]];
  values.forEach((value, i) => out.push(render(value), parts[i + 1]));
  return new Html(out.join(""));
}

/** A response with a page. */
export function page(content: Html, status = 200): Response {
  return new Response("<!doctype html>\n" + content.text, {
    status,
    headers: { "content-type": "text/html; charset=utf-8" },
  });
}

function render(value: Content): string {
  if (value instanceof Html) {
    return value.text;
  }
  if (isList(value)) {
    return value.map(render).join("");
  }
  if (value === null || value === undefined || value === false) {
    return "";
  }
  return escape(String(value));
}

/** Array.isArray, which does not know a readonly array when it sees one. */
function isList(value: Content): value is readonly Content[] {
  return Array.isArray(value);
}

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
