import { Hono } from "hono";
import { cors } from "hono/cors";

import { bookmarks } from "./bookmarks";
import type { App } from "./env";
import { problem, Problem } from "./problem";
import { timing } from "./timing";

const app = new Hono<App>();

app.use(timing);
app.use(cors({ origin: "*", exposeHeaders: ["etag", "location"] }));

app.get("/", (c) => c.json({ bookmarks: new URL("/bookmarks", c.req.url) }));
app.route("/bookmarks", bookmarks);

app.notFound((c) => problem(c, 404, `there is nothing at ${c.req.path}`));
app.onError((error, c) => {
  if (error instanceof Problem) {
    return problem(c, error.status, error.message, error.fields);
  }
  console.error(error);
  return problem(c, 500, "this is our fault, and in our logs");
});

// A request before the first event: Hono builds its router then, and each isolate begins with it.
export const warmup: Warmup = () => app.request("/nothing");

export default app;
