import mandelbrot from "./mandelbrot.wasm";

// The module was compiled with the bundle. An instance is made once in each isolate, before
// there is a request.
const { memory, text, draw } = new WebAssembly.Instance(mandelbrot).exports;

export default {
  fetch(request) {
    const query = new URL(request.url).searchParams;
    const number = (name, fallback, least, most) =>
      Math.min(Math.max(Number(query.get(name) ?? fallback) || 0, least), most);

    const length = draw(
      number("width", 80, 1, 300),
      number("height", 30, 1, 200),
      number("re", -0.6, -2, 2),
      number("im", 0, -2, 2),
      number("zoom", 1, 0.1, 1e12),
      number("steps", 24, 9, 2000),
    );
    return new Response(new Uint8Array(memory.buffer, text.value, length), {
      headers: { "content-type": "text/plain; charset=utf-8" },
    });
  },
};
