using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "store", worker = .store),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "ADDRESS", http = (), service = "main")],
);

const main :Workerd.Worker = (
  modules = [MODULES],
  compatibilityDate = "2026-07-01",
  bindings = [
    (name = "KV", kvNamespace = "store"),
    (name = "ORIGIN", text = "ORIGIN_URL"),
  ],
);

const store :Workerd.Worker = (
  modules = [(name = "store.js", esModule = embed "store.js")],
  compatibilityDate = "2026-07-01",
);
