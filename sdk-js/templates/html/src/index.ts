export default {
  async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname !== "/") {
      return page(404, "Not found", html`<p>There is nothing at <code>${url.pathname}</code>.</p>`);
    }
    const name = url.searchParams.get("name") ?? "";
    return page(
      200,
      "Hello",
      html`
        <p>Hello, ${name || "stranger"}!</p>
        <form>
          <input name="name" value="${name}" aria-label="Your name">
          <button>Greet me</button>
        </form>
      `,
    );
  },
};

function page(status: number, title: string, body: Html): Response {
  const { text } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>${title}</title>
      </head>
      <body>
        <h1>${title}</h1>
        ${body}
      </body>
    </html>
  `;
  return new Response(text, { status, headers: { "content-type": "text/html; charset=utf-8" } });
}

/** Text that is safe to put into a page as it stands. Only `html` makes it. */
class Html {
  constructor(readonly text: string) {}
}

type Content = Html | string | number | Content[];

/** A tag for templates that escapes what is put into them: html`<p>${name}</p>`. */
function html(parts: TemplateStringsArray, ...values: Content[]): Html {
  const out = [parts[0]];
  values.forEach((value, i) => out.push(render(value), parts[i + 1]));
  return new Html(out.join(""));
}

function render(value: Content): string {
  if (value instanceof Html) {
    return value.text;
  }
  if (Array.isArray(value)) {
    return value.map(render).join("");
  }
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
