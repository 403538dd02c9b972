import { html, type Content, type Html } from "./html";
import type { Lighthouse } from "./lighthouses";

function layout(title: string, body: Content): Html {
  return html`
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>${title}</title>
        <style>
          body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 40rem; padding: 0 1rem }
          label { display: block; margin: .5rem 0 }
        </style>
      </head>
      <body>
        <nav><a href="/">Lighthouses</a> · <a href="/suggest">Suggest one</a></nav>
        <h1>${title}</h1>
        ${body}
      </body>
    </html>
  `;
}

export function listPage(found: readonly Lighthouse[], query: string): Html {
  return layout(
    "Lighthouses",
    html`
      <form action="/">
        <input name="q" value="${query}" aria-label="Name or country">
        <button>Search</button>
      </form>
      ${found.length === 0 && html`<p>Nothing matches “${query}”.</p>`}
      <ul>
        ${found.map((one) => html`<li><a href="/lighthouses/${one.slug}">${one.name}</a>, ${one.country}</li>`)}
      </ul>
    `,
  );
}

export function lighthousePage(one: Lighthouse): Html {
  return layout(one.name, html`<p>Built in ${one.built} in ${one.country}, ${one.height} metres tall.</p>`);
}

/** What was entered into the form, and what is wrong with it. */
export interface Suggestion {
  name: string;
  country: string;
  problem?: string;
}

export function suggestPage(given: Suggestion): Html {
  return layout(
    "Suggest a lighthouse",
    html`
      ${given.problem && html`<p role="alert">${given.problem}</p>`}
      <form method="post" action="/suggest">
        <label>Name <input name="name" value="${given.name}" required></label>
        <label>Country <input name="country" value="${given.country}"></label>
        <button>Send</button>
      </form>
    `,
  );
}

export function thanksPage(given: Suggestion): Html {
  return layout("Thank you", html`<p>We will look at ${given.name}${given.country && html` in ${given.country}`}.</p>`);
}

export function notFoundPage(path: string): Html {
  return layout("Not found", html`<p>There is nothing at <code>${path}</code>.</p>`);
}
