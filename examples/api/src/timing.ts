import type { MiddlewareHandler } from "hono";

/** Says in each response how long it took to make, in milliseconds. */
export const timing: MiddlewareHandler = async (c, next) => {
  const start = performance.now();
  await next();
  c.header("server-timing", `app;dur=${(performance.now() - start).toFixed(2)}`);
};
