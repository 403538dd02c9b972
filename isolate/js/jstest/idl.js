// Holds one global against Web IDL. It is the body of a function of four parameters: about,
// the global's description; path, the names of the namespaces that it is found in, none on
// globalThis; make, the body of a function that makes an instance, or of an async one, empty
// if there is none; and args, that of one that makes the arguments of the constructor. It
// returns a promise of what is wrong.
const holder = path.reduce((o, name) => o[name], globalThis);
const named = name => name in holder ? holder[name] : globalThis[name];
const wrong = [];
const say = (ok, what) => { if (!ok) wrong.push(what) };
const same = (got, want, what) => say(Object.is(got, want), `${what} is ${show(got)}, not ${show(want)}`);
const show = v => typeof v === "symbol" ? v.toString() : typeof v === "object" && v !== null ? Object.prototype.toString.call(v) : typeof v === "function" ? `function ${v.name}` : String(v);
const tag = [...path, about.name].join(".");
const AsyncFunction = (async () => {}).constructor;
const stranger = typeof Headers === "function" ? (about.name === "Headers" ? new URLSearchParams() : new Headers()) : {};
const symbols = {"Symbol.iterator": Symbol.iterator, "Symbol.asyncIterator": Symbol.asyncIterator, "Symbol.dispose": Symbol.dispose, "Symbol.asyncDispose": Symbol.asyncDispose};
const keyOf = m => m.symbol ? symbols[m.symbol] : m.name;
const labelOf = m => m.symbol ? `[${m.symbol}]` : m.name;

// The flags of an own property, as in "we-" for one that is writable and enumerable.
function flags(o, key, want, what) {
	const d = Object.getOwnPropertyDescriptor(o, key);
	if (!d) return say(false, `${what} is missing`), {};
	const got = ("value" in d ? (d.writable ? "w" : "-") : "a") + (d.enumerable ? "e" : "-") + (d.configurable ? "c" : "-");
	same(got, want, `the flags of ${what}`);
	return d;
}

// Throws says whether f throws a TypeError, or, if promised, returns a promise that rejects
// with one.
const pending = [];
function refuses(f, promised, what) {
	let got;
	try { got = f() } catch (e) {
		say(!promised && e instanceof TypeError, `${what} throws ${e && e.name} instead of ${promised ? "rejecting" : "a TypeError"}`);
		return;
	}
	if (!promised) return say(false, `${what} does not throw`);
	if (!(got instanceof Promise)) return say(false, `${what} gives no promise`);
	pending.push(got.then(() => say(false, `${what} does not reject`), e => say(e instanceof TypeError, `${what} rejects with ${e && e.name}`)));
}

function isFunction(f, name, length, what) {
	if (typeof f !== "function") return say(false, `${what} is not a function`);
	same(flags(f, "name", "--c", `name of ${what}`).value, name, `the name of ${what}`);
	same(flags(f, "length", "--c", `length of ${what}`).value, length, `the length of ${what}`);
	same(Object.getPrototypeOf(f), Function.prototype, `the prototype of ${what}`);
	say(!Object.hasOwn(f, "prototype"), `${what} has a property prototype`);
	refuses(() => new f(...Array(length).fill(undefined)), false, `new of ${what}`);
}

// Strangers are receivers that are no instance of the class.
const strangers = C => [["an object", {}], ["a string", "x"], ["what inherits", Object.create(C.prototype)], ["the prototype", C.prototype],
	["another's instance", C === Map ? new Set() : new Map()], ["an instance of a class of the platform", stranger]];

function tooFew(call, m, what) {
	for (let n = 0; n < m.length; n++) refuses(() => call(Array(n).fill(undefined)), m.promise, `${what} with ${n} of ${m.length} arguments`);
}

function member(C, m, sample) {
	const P = C.prototype, key = keyOf(m), what = `${about.name}.prototype.${labelOf(m)}`;
	switch (m.kind) {
	case "method": {
		const f = flags(P, key, m.symbol ? "w-c" : "wec", what).value;
		isFunction(f, m.symbol ? `[${m.symbol}]` : m.name, m.length, what);
		for (const [who, v] of strangers(C)) refuses(() => f.call(v, ...Array(m.length).fill(undefined)), m.promise, `${what} of ${who}`);
		if (about.name !== "EventTarget") refuses(() => f.call(undefined, ...Array(m.length).fill(undefined)), m.promise, `${what} of nothing`);
		if (sample) tooFew(args => f.apply(sample, args), m, what);
		break;
	}
	case "accessor": {
		const d = flags(P, key, "aec", what);
		isFunction(d.get, `get ${m.name}`, 0, `the getter of ${what}`);
		same(d.set !== undefined, m.setter, `that ${what} has a setter`);
		for (const [who, v] of strangers(C)) {
			refuses(() => d.get.call(v), m.promise, `${what} of ${who}`);
			if (d.set) refuses(() => d.set.call(v, undefined), false, `setting ${what} of ${who}`);
		}
		if (d.set) {
			isFunction(d.set, `set ${m.name}`, 1, `the setter of ${what}`);
			if (sample) refuses(() => d.set.call(sample), false, `the setter of ${what} without a value`);
		}
		break;
	}
	case "constant":
		same(flags(P, key, "-e-", what).value, m.value, what);
		break;
	case "alias":
		same(flags(P, key, "w-c", what).value, P[m.of], what);
		break;
	}
}

function statics(C) {
	for (const m of about.statics) {
		const what = `${about.name}.${m.name}`;
		if (m.kind === "constant") same(flags(C, m.name, "-e-", what).value, m.value, what);
		if (m.kind !== "method") continue;
		const f = flags(C, m.name, "wec", what).value;
		isFunction(f, m.name, m.length, what);
		tooFew(args => f.apply(C, args), m, what);
		tooFew(args => f.apply(undefined, args), m, `${what}, on its own,`);
	}
}

function names(o, want, what) {
	const got = Reflect.ownKeys(o);
	for (const key of want) say(got.includes(key), `${what} lacks ${show(key)}`);
	for (const key of got) say(want.includes(key), `${what} has ${show(key)}, which its table has not`);
}

function instance(C, sample) {
	same(sample instanceof C, true, "instanceof");
	if (about.abstract) return;
	same(Object.getPrototypeOf(sample), C.prototype, "the prototype of an instance");
	if (about.extends) same(sample instanceof named(about.extends), true, `instanceof ${about.extends}`);
	if (about.error) same(sample instanceof Error, true, "instanceof Error");
	same(Object.prototype.toString.call(sample), `[object ${tag}]`, "what Object.prototype.toString says");
	names(sample, about.error ? ["stack"] : [], "an instance");
	same(Object.isExtensible(sample), true, "that instances can be extended");
}

function construction(C) {
	refuses(() => C(...Array(about.length).fill(undefined)), false, `${about.name} without new`);
	if (!about.constructible) {
		refuses(() => new C(), false, `new ${about.name}`);
		refuses(() => new (class extends C {})(), false, `new of a class that extends ${about.name}`);
		return;
	}
	const list = new Function(`return [${args}]`)();
	tooFew(given => Reflect.construct(C, given), {length: about.length}, `new ${about.name}`);
	class Derived extends C {
		extra = 1;
		#hidden = 2;
		get hidden() { return this.#hidden }
	}
	const d = new Derived(...new Function(`return [${args}]`)());
	same(d instanceof Derived && d instanceof C, true, "that an instance of a derived class is one of both");
	same(d.extra + d.hidden, 3, "the fields of a derived class");
	same(Derived.name + Object.prototype.toString.call(d), `Derived[object ${tag}]`, "a derived class's name and tag");
	const marked = Symbol();
	for (const m of about.members) {
		if (m.kind !== "accessor" || m.promise) continue;
		Object.defineProperty(Derived.prototype, m.name, {configurable: true, get() { return [marked, Reflect.get(C.prototype, m.name, this)] }});
		let got;
		try { got = d[m.name] } catch (e) { got = e }
		same(got && got[0], marked, `an accessor ${m.name} of a derived class`);
	}
	const F = function () {};
	same(Object.getPrototypeOf(Reflect.construct(C, new Function(`return [${args}]`)(), F)), F.prototype, "the prototype that new.target gives");
	F.prototype = 1;
	same(Object.getPrototypeOf(Reflect.construct(C, new Function(`return [${args}]`)(), F)), C.prototype, "the prototype where new.target has none");
}

function iteration(sample) {
	const P = Object.getPrototypeOf(sample);
	if (!about.members.some(m => m.kind === "alias" && m.symbol === "Symbol.iterator" && m.of === "entries")) return;
	const entries = [...sample], keys = [...sample.keys()], values = [...sample.values()], seen = [], receiver = {};
	say(entries.length > 1, "the sample has fewer than two entries");
	sample.forEach(function (value, key, whole) {
		seen.push([key, value]);
		same(whole === sample && this === receiver && arguments.length === 3, true, "what forEach gives its callback");
	}, receiver);
	const text = list => list.map(([k, v]) => `${show(k)}=${show(v)}`).join();
	same(text(seen), text(entries), "what forEach goes through");
	same(text(keys.map((k, i) => [k, values[i]])), text(entries), "what keys and values give");
	const it = sample.entries(), I = Object.getPrototypeOf(it);
	same(Object.getPrototypeOf(I), Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())), "the prototype of the iterator's");
	names(I, ["next", Symbol.toStringTag], "the iterator's prototype");
	isFunction(flags(I, "next", "wec", "next").value, "next", 0, "next");
	same(flags(I, Symbol.toStringTag, "--c", "the iterator's tag").value, `${about.name} Iterator`, "the iterator's tag");
	same(it[Symbol.iterator](), it, "what the iterator iterates over");
	for (const v of [{}, undefined, I, Object.create(I), sample]) refuses(() => I.next.call(v), false, "next of another");
	same(Object.getPrototypeOf(sample.keys()) === I && Object.getPrototypeOf(sample.values()) === I, true, "that iterators share a prototype");
	refuses(() => sample.forEach({}), false, "forEach without a function");
}

async function checkClass() {
	const C = flags(holder, about.name, "w-c", about.name).value;
	if (typeof C !== "function") return say(false, "the class is no function");
	const sample = make && await new AsyncFunction(make)();
	const parent = about.extends && named(about.extends);
	same(flags(C, "name", "--c", "the class's name").value, about.name, "the class's name");
	same(flags(C, "length", "--c", "the class's length").value, about.length, "the class's length");
	flags(C, "prototype", "---", "the class's prototype");
	same(Object.getPrototypeOf(C), parent || Function.prototype, "what the class inherits from");
	same(Object.getPrototypeOf(C.prototype), about.error ? Error.prototype : parent ? parent.prototype : Object.prototype, "what the prototype inherits from");
	same(flags(C.prototype, "constructor", "w-c", "constructor").value, C, "constructor");
	same(flags(C.prototype, Symbol.toStringTag, "--c", "the tag").value, tag, "the tag");
	names(C, ["length", "name", "prototype", ...about.statics.map(keyOf)], "the class");
	names(C.prototype, ["constructor", Symbol.toStringTag, ...about.members.map(keyOf)], "the prototype");
	for (const m of about.members) member(C, m, sample);
	statics(C);
	construction(C);
	if (sample) {
		instance(C, sample);
		iteration(sample);
	} else {
		say(false, "no instance of it is known");
	}
}

// Errors like the language's own: they need no new.
function checkError() {
	const C = flags(holder, about.name, "w-c", about.name).value;
	same(flags(C, "name", "--c", "the class's name").value, about.name, "the class's name");
	same(flags(C, "length", "--c", "the class's length").value, 1, "the class's length");
	flags(C, "prototype", "---", "the class's prototype");
	same(Object.getPrototypeOf(C), Error, "what the class inherits from");
	same(Object.getPrototypeOf(C.prototype), Error.prototype, "what the prototype inherits from");
	names(C, ["length", "name", "prototype"], "the class");
	names(C.prototype, ["constructor", "name", "message"], "the prototype");
	same(flags(C.prototype, "constructor", "w-c", "constructor").value, C, "constructor");
	same(flags(C.prototype, "name", "w-c", "name").value, about.name, "name");
	same(flags(C.prototype, "message", "w-c", "message").value, "", "message");
	for (const e of [new C("m", {cause: 1}), C("m", {cause: 1}), new (class extends C {})("m", {cause: 1})]) {
		same(e instanceof C && e instanceof Error, true, "instanceof");
		same(flags(e, "message", "w-c", "its message").value + flags(e, "cause", "w-c", "its cause").value, "m1", "what it is given");
		same(String(e), `${about.name}: m`, "what String says");
		same(Object.prototype.toString.call(e), "[object Error]", "what Object.prototype.toString says");
	}
	say(!Object.hasOwn(new C(), "message"), "an error without a message has one");
}

switch (about.kind) {
case "class":
	await checkClass();
	break;
case "error":
	checkError();
	break;
case "namespace": {
	const o = flags(holder, about.name, "w-c", about.name).value;
	same(flags(o, Symbol.toStringTag, "--c", "the tag").value, about.name, "the tag");
	names(o, [Symbol.toStringTag, ...about.members.map(keyOf)], about.name);
	for (const m of about.members) {
		if (m.kind !== "method") continue;
		isFunction(flags(o, m.name, "wec", m.name).value, m.name, m.length, m.name);
		tooFew(args => o[m.name].apply(undefined, args), m, m.name);
	}
	break;
}
case "function":
	isFunction(flags(globalThis, about.name, "wec", about.name).value, about.name, about.length, about.name);
	tooFew(args => globalThis[about.name].apply(undefined, args), about, about.name);
	break;
case "attribute":
	isFunction(flags(holder, about.name, "aec", about.name).get, `get ${about.name}`, 0, "the getter");
	break;
case "value":
	flags(holder, about.name, "wec", about.name);
	break;
}
await Promise.all(pending);
return wrong.join("\n");
