// The work of the workload ssr for njs. What stands outside the handler is run for each request.
const products = [];
for (let id = 0; id < 100; id++) {
  products.push({ id, name: `Tea no. ${id} <loose>`, price: 3 + id / 4, note: `Picked by "A & B", box ${id}` });
}

const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escape = (text) => String(text).replace(/[&<>"']/g, (c) => entities[c]);

const row = (p) => `<tr id="p${p.id}"><td>${escape(p.name)}</td><td>${p.price.toFixed(2)}</td><td>${escape(p.note)}</td></tr>\n`;

function ssr(r) {
  const title = escape("Tea & biscuits");
  r.headersOut["Content-Type"] = "text/html; charset=utf-8";
  r.return(200, `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title}</title></head>
<body><h1>${title}</h1>
<table>
${products.map(row).join("")}</table>
</body>
</html>
`);
}

export default { ssr };
