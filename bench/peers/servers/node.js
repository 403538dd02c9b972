// node node.js MODULE PORT REDIS ORIGIN
import { serve } from "@hono/node-server";
import { environment } from "./env.js";

const [module, port, redis, origin] = process.argv.slice(2);
const { default: worker } = await import(module);
const env = environment(redis, origin);

serve({ fetch: (request) => worker.fetch(request, env), hostname: "127.0.0.1", port: Number(port) });
