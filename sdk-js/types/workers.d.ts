/**
 * What code written for Workers imports, beside what handlers are given.
 *
 * ```ts
 * import { WorkerEntrypoint } from "cloudflare:workers";
 *
 * export default class extends WorkerEntrypoint<Env> {
 *   async fetch(request: Request) {
 *     return new Response(this.env.GREETING);
 *   }
 * }
 * ```
 */
declare module "cloudflare:workers" {
  /** What handlers get as their second argument; it is there at the top level too. */
  export const env: Cloudflare.Env;

  /** The `ctx.waitUntil` of the event that is being handled. Outside of one it throws. */
  export function waitUntil(promise: Promise<unknown>): void;

  /** A default export that extends it gets an instance for each event. */
  export abstract class WorkerEntrypoint<Env = Cloudflare.Env> {
    constructor(ctx: ExecutionContext, env: Env);
    protected ctx: ExecutionContext;
    protected env: Env;
    fetch?(request: Request): Response | Promise<Response>;
  }
}

/** For authors to describe `env` in, by declaring its interface again. */
declare namespace Cloudflare {
  interface Env {}
}
