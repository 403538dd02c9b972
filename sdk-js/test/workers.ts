// What is imported from "cloudflare:workers".

import { env, waitUntil, WorkerEntrypoint } from "cloudflare:workers";
// @ts-expect-error: there are no durable objects.
import { DurableObject } from "cloudflare:workers";

export const objects = DurableObject;

interface Env {
  GREETING: string;
}

declare global {
  namespace Cloudflare {
    interface Env {
      NAME: string;
    }
  }
}

export const name: string = env.NAME;

// @ts-expect-error: there is no such binding.
export const other = env.OTHER;

export default class extends WorkerEntrypoint<Env> {
  override async fetch(request: Request): Promise<Response> {
    waitUntil(request.text());
    // @ts-expect-error: waitUntil takes a promise.
    waitUntil(1);
    this.ctx.waitUntil(Promise.resolve());
    return new Response(this.env.GREETING);
  }
}
