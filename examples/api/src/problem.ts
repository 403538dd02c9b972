import type { Context } from "hono";

/** Statuses of answers that tell of a problem. */
type Status = 400 | 404 | 412 | 422 | 428 | 500;

/** What is wrong with each field of the input, by its name. */
export type Fields = Record<string, string>;

/** Thrown by a handler to answer with a problem. */
export class Problem extends Error {
  constructor(
    readonly status: Status,
    message: string,
    readonly fields?: Fields,
  ) {
    super(message);
  }
}

/** An answer as RFC 9457 describes it. */
export function problem(c: Context, status: Status, detail: string, fields?: Fields): Response {
  return c.json({ status, detail, fields }, status, { "content-type": "application/problem+json" });
}
