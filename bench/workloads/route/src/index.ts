import { Hono } from "hono";

// Ten routes and a middleware, as in a small API. The one that is measured is
// GET /users/:user/posts/:post, with static routes, other methods and other depths around it.
const app = new Hono();

app.use(async (c, next) => {
  await next();
  c.header("x-route", c.req.method);
});

app.get("/", (c) => c.text("index"));
app.get("/health", (c) => c.text("ok"));
app.get("/users", (c) => c.json({ users: [] }));
app.post("/users", async (c) => c.json(await c.req.json(), 201));
app.get("/users/:user", (c) => c.json({ user: c.req.param("user") }));
app.put("/users/:user", async (c) => c.json({ user: c.req.param("user"), ...(await c.req.json()) }));
app.delete("/users/:user", (c) => c.body(null, 204));
app.get("/users/:user/posts", (c) => c.json({ user: c.req.param("user"), posts: [] }));
app.get("/users/:user/posts/:post", (c) => c.json(c.req.param()));
app.get("/files/*", (c) => c.text(c.req.path));

// Servers that have no warmup ignore it.
export const warmup = () => app.request("/users/a/posts/1");

export default app;
