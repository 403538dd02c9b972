// deno run --allow-all deno.js MODULE PORT REDIS ORIGIN
import process from "node:process";
import { environment } from "./env.js";

const [module, port, redis, origin] = process.argv.slice(2);
const { default: worker } = await import(module);
const env = environment(redis, origin);

Deno.serve({ hostname: "127.0.0.1", port: Number(port), onListen() {} }, (request) => worker.fetch(request, env));
