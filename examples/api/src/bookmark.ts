import { type Fields, Problem } from "./problem";

export interface Bookmark {
  url: string;
  title: string;
  tags: string[];
}

const TITLE_MAX = 200;
const TAGS_MAX = 10;

/** Makes a bookmark of anything, or throws a Problem that names each field that is wrong. */
export function parseBookmark(input: unknown): Bookmark {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw new Problem(422, "a bookmark is an object with url, title and, if you like, tags");
  }
  const { url, title, tags = [] } = input as Record<string, unknown>;
  const wrong: Fields = {};
  if (typeof url !== "string" || !/^https?:\/\//.test(url) || !URL.canParse(url)) {
    wrong.url = "must be a URL that begins with http:// or https://";
  }
  if (typeof title !== "string" || title.trim() === "" || title.length > TITLE_MAX) {
    wrong.title = `must be text of 1 to ${TITLE_MAX} characters`;
  }
  if (!Array.isArray(tags) || tags.length > TAGS_MAX || !tags.every((tag) => typeof tag === "string")) {
    wrong.tags = `must be a list of at most ${TAGS_MAX} words`;
  }
  if (Object.keys(wrong).length > 0) {
    throw new Problem(422, "the bookmark is not valid", wrong);
  }
  return { url, title, tags } as Bookmark;
}
