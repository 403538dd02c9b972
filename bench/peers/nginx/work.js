// The work of the workloads for njs, whose handlers write to a request of nginx.
import crypto from "crypto";

function hello(r) {
  r.return(200, "hello\n");
}

function json(r) {
  const order = JSON.parse(r.requestText);
  order.total = order.items.reduce((sum, item) => sum + item.price * item.quantity, 0);
  order.status = "accepted";
  r.headersOut["Content-Type"] = "application/json";
  r.return(200, JSON.stringify(order));
}

const post = /^\/users\/([^/]+)\/posts\/([^/]+)$/;

function route(r) {
  const found = post.exec(r.uri);
  if (found === null) {
    r.return(404);
    return;
  }
  r.headersOut["x-route"] = r.method;
  r.headersOut["Content-Type"] = "application/json";
  r.return(200, JSON.stringify({ user: found[1], post: found[2] }));
}

function digest(r) {
  r.return(200, crypto.createHash("sha256").update(r.requestBuffer).digest("hex"));
}

function echo(r) {
  r.return(200, r.requestBuffer);
}

function fib(n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

function cpu(r) {
  r.return(200, String(fib(25)));
}

function many(r) {
  r.return(200, `Hello from ${r.headersIn.host}\n`);
}

export default { hello, json, route, crypto: digest, echo, cpu, many };
