// bun run bun.js MODULE PORT REDIS ORIGIN
import { RedisClient } from "bun";

const [module, port, redisAddress, origin] = process.argv.slice(2);
const { default: worker } = await import(module);
const env = { ORIGIN: `http://${origin}` };
if (redisAddress) {
  const redis = new RedisClient(`redis://${redisAddress}`);
  env.KV = { get: (key) => redis.get(`peers:${key}`), put: (key, value) => redis.set(`peers:${key}`, value) };
}

Bun.serve({ hostname: "127.0.0.1", port: Number(port), fetch: (request) => worker.fetch(request, env) });
