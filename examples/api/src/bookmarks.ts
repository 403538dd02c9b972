import { type Context, Hono } from "hono";

import { type Bookmark, parseBookmark } from "./bookmark";
import type { App } from "./env";
import { Problem } from "./problem";

const PREFIX = "bookmark:";
const PAGE_SIZE = 20;

/** A bookmark as the list shows it: what KV keeps beside the value, and gives without reading it. */
type Summary = Pick<Bookmark, "title">;

export const bookmarks = new Hono<App>();

bookmarks.get("/", async (c) => {
  const query = { prefix: PREFIX, limit: PAGE_SIZE, cursor: c.req.query("cursor") };
  const page = await c.env.KV.list<Summary>(query).catch((error: unknown) => {
    throw error instanceof TypeError ? new Problem(400, "the cursor is not one of this list") : error;
  });
  return c.json({
    bookmarks: page.keys.map(({ name, metadata }) => ({ id: name.slice(PREFIX.length), title: metadata?.title })),
    cursor: page.list_complete ? null : page.cursor,
  });
});

bookmarks.post("/", async (c) => {
  const bookmark = parseBookmark(await body(c));
  const id = crypto.randomUUID();
  await c.env.KV.put(PREFIX + id, JSON.stringify(bookmark), { metadata: summary(bookmark) });
  c.header("location", `/bookmarks/${id}`);
  return c.json({ id, ...bookmark }, 201);
});

bookmarks.get("/:id{[0-9a-f-]{36}}", async (c) => {
  const id = c.req.param("id");
  const { value, version } = await c.env.KV.getWithMetadata<Bookmark>(PREFIX + id, "json");
  if (value === null) {
    throw missing(id);
  }
  c.header("etag", `"${version}"`);
  return c.json({ id, ...value });
});

// The client says which version it has seen: of two who change it at once, one is told.
bookmarks.put("/:id{[0-9a-f-]{36}}", async (c) => {
  const id = c.req.param("id");
  const seen = /^"(.+)"$/.exec(c.req.header("if-match") ?? "")?.[1];
  if (seen === undefined) {
    throw new Problem(428, "send the etag of the bookmark that you have seen as if-match");
  }
  const bookmark = parseBookmark(await body(c));
  const saved = await c.env.KV.put(PREFIX + id, JSON.stringify(bookmark), {
    metadata: summary(bookmark),
    ifVersion: seen,
  });
  if (!saved) {
    throw new Problem(412, "the bookmark has changed since, or is gone; get it again");
  }
  return c.json({ id, ...bookmark });
});

bookmarks.delete("/:id{[0-9a-f-]{36}}", async (c) => {
  await c.env.KV.delete(PREFIX + c.req.param("id"));
  return c.body(null, 204);
});

function summary({ title }: Bookmark): Summary {
  return { title };
}

function missing(id: string): Problem {
  return new Problem(404, `there is no bookmark ${id}`);
}

/** The request's body as JSON of any shape. */
async function body(c: Context): Promise<unknown> {
  try {
    return await c.req.json();
  } catch {
    throw new Problem(400, "the body must be JSON");
  }
}
