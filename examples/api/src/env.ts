/** What the runtime and the middleware give to handlers. */
export interface App {
  Bindings: {
    KV: KVNamespace;
  };
}
