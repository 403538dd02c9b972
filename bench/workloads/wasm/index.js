import module from "./fib.wasm";

// The module was compiled with the bundle. An instance is made once in each isolate.
const { fib } = new WebAssembly.Instance(module).exports;

export default {
  fetch() {
    return new Response(String(fib(25)));
  },
};
