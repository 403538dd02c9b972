import { products } from "./products.js";

const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escape = (text) => String(text).replace(/[&<>"']/g, (c) => entities[c]);

const row = ({ id, name, price, note }) =>
  `<tr id="p${id}"><td>${escape(name)}</td><td>${price.toFixed(2)}</td><td>${escape(note)}</td></tr>\n`;

const page = (title, rows) => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${escape(title)}</title></head>
<body><h1>${escape(title)}</h1>
<table>
${rows.map(row).join("")}</table>
</body>
</html>
`;

export default {
  fetch() {
    return new Response(page("Tea & biscuits", products), {
      headers: { "content-type": "text/html; charset=utf-8" },
    });
  },
};
