/** How often an update is tried. Each failure means that somebody else's update succeeded. */
const ATTEMPTS_MAX = 100;

/** The longest pause between two attempts, in milliseconds. */
const PAUSE_MAX = 50;

/**
 * Replaces the JSON value under `key` by what `change` makes of it, and returns that.
 *
 * `change` gets null if the key is absent, and is called again whenever somebody else has
 * written in between: the value that it computes from is always the one that it replaces.
 * It throws a {@link BusyError} when that never works out; nothing is changed then.
 */
export async function update<T>(kv: KVNamespace, key: string, change: (old: T | null) => T): Promise<T> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const { value, version } = await kv.getWithMetadata<T>(key, "json");
    const next = change(value);
    if (await kv.put(key, JSON.stringify(next), { ifVersion: version })) {
      return next;
    }
    await pause(attempt);
  }
  throw new BusyError(key);
}

/** Says that too many others write the same key. */
export class BusyError extends Error {
  override name = "BusyError";

  constructor(key: string) {
    super(`${key} was changed by others ${ATTEMPTS_MAX} times in a row`);
  }
}

/** Waits for a random time that grows with each attempt, so that rivals spread out. */
function pause(attempt: number): Promise<void> {
  const milliseconds = Math.random() * Math.min(2 ** attempt, PAUSE_MAX);
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
