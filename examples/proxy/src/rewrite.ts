/** A response's headers for a client of `here`, where it came from `there`; both are origins. */
export function rewriteHeaders(original: Headers, there: string, here: string): Headers {
  const headers = new Headers(original);
  for (const name of ["server", "x-powered-by", "content-length"]) {
    headers.delete(name);
  }
  headers.set("x-proxied-by", "skerry");
  headers.set("x-content-type-options", "nosniff");

  const location = headers.get("location");
  if (location !== null && URL.canParse(location, there)) {
    const target = new URL(location, there);
    if (target.origin === there) {
      headers.set("location", here + target.pathname + target.search + target.hash);
    }
  }
  return headers;
}

/** A page with its links to `there` pointing `here`, and a note at its end. */
export function rewritePage(page: string, there: string, here: string): string {
  const note = "<footer>Changed on the way by Skerry</footer>";
  const linked = page.replaceAll(there, () => here); // a function: "$" in a host means nothing
  const end = linked.lastIndexOf("</body>");
  return end < 0 ? linked + note : linked.slice(0, end) + note + linked.slice(end);
}
