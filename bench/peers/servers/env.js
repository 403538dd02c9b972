// What a workload finds on env, over Redis.
import { Redis } from "ioredis";

export function environment(redisAddress, origin) {
  const env = { ORIGIN: `http://${origin}` };
  if (redisAddress) {
    const redis = new Redis(`redis://${redisAddress}`, { keyPrefix: "peers:" });
    env.KV = { get: (key) => redis.get(key), put: (key, value) => redis.set(key, value) };
  }
  return env;
}
