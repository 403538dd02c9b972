// What the steps of the specification's tests call. 1n makes BigInts known here.
const failures = {}, instances = {}, hosts = {};
let last;

const spectest = {
  print() {}, print_i32() {}, print_i64() {}, print_f32() {}, print_f64() {}, print_i32_f32() {}, print_f64_f64() {},
  global_i32: 666, global_i64: 666n, global_f32: 666.6, global_f64: 666.6,
  table: new WebAssembly.Table({ initial: 10, maximum: 20, element: "anyfunc" }),
  memory: new WebAssembly.Memory({ initial: 1, maximum: 2 }),
};
const registry = { spectest };

const host = (n) => (hosts[n] ??= { n });
const find = (name) => (name ? instances[name] : last);
const instance = (file) => new WebAssembly.Instance(new WebAssembly.Module(load(file)), registry);

function step(line, f) {
  try {
    const wrong = f();
    if (wrong) failures[line] = wrong;
  } catch (e) {
    failures[line] = "threw " + e;
  }
}

function module(line, file, name) {
  step(line, () => {
    last = undefined;
    last = instance(file);
    if (name) instances[name] = last;
  });
}

function returns(line, f, want) {
  step(line, () => {
    let got = f();
    if (want.length === 0) got = [];
    if (want.length === 1) got = [got];
    for (let i = 0; i < want.length; i++) {
      if (!Object.is(got[i], want[i])) return String(got[i]) + " is not " + String(want[i]);
    }
  });
}

function throws(line, f, names) {
  step(line, () => {
    try {
      f();
    } catch (e) {
      return names.includes(e.name) ? "" : "threw " + e;
    }
    return "threw nothing";
  });
}

function invalid(line, file) {
  step(line, () => (WebAssembly.validate(load(file)) ? "is valid" : ""));
}
