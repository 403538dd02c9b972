// Package build turns a project, a folder or a single file of JavaScript or TypeScript, into
// a [bundles.Bundle], with esbuild.
//
//	Load ──▶ Project ──▶ Build ──▶ Result{Bundle, Warnings, Inputs, Sizes}
//	  └── what the configuration says      └── esbuild, over files that a tree hands out
//
// [Load] reads the configuration: skerry.toml, skerry.json or skerry.jsonc; failing those,
// the part of wrangler.toml, wrangler.json or wrangler.jsonc that has a meaning here; failing
// those, none. [Build] does the rest once, a [Session] again and again, keeping what did not
// change.
//
// # The script
//
// Bundle.Script is the output of esbuild and nothing else: one ES module without import or
// export. It expects to be the body of a strict function with four parameters:
//
//	(function (__register, __module, __wasm, __runtime) { "use strict"; SCRIPT })
//
// or of an async function, if there is an await at its top level; whoever runs it finds out
// by parsing. It calls __register(exports) once, when the author's module has been
// evaluated: the property "default" is the module's default export. __module(name) returns
// the bytes of Bundle.Modules[name] in a new Uint8Array, and __wasm(name) the
// WebAssembly.Module compiled from them; the script calls each at most once for a name, when
// the module that stands for the file is evaluated. __runtime(name) returns what the modules
// of the runtime ask for (runtime.go): "env" is what handlers get as env, "waitUntil" a
// function that does what their ctx.waitUntil does.
//
// Imports resolve as in Node.js and TypeScript, for this runtime's conditions (workerd,
// worker, edge-light, browser) and with the browser field of package.json. What an import
// could not bring into the bundle, and was allowed to lack because the code catches the
// failure, throws when it is reached. No global is expected but those of ECMAScript.
// TypeScript, JSX and the syntax that the engine lacks (async generators, for await,
// decorators, using, import.meta, import()) are lowered; the rest is left as ESNext.
//
// # The jail
//
// Nothing outside the project's folder is read, whatever the sources say: by "..", by an
// absolute path, by a symbolic link, by the extends or paths of a tsconfig.json, by a
// package.json, by a source map comment, or by an import whose path is computed (esbuild
// would list folders for those). esbuild itself never opens a file here: each one comes from
// an [os.Root]. The one thing looked at outside is whether a package that was not found is
// installed in a node_modules folder above, to say so.
//
// # Limits
//
// Files, their number and their sizes are bounded, and so are nesting and the script; see
// the constants. Deeply nested source would otherwise end the process: the parser's stack
// overflow can't be recovered from. Who builds what strangers wrote should still do it in a
// process that may die.
//
// # Determinism
//
// The same files give the same bundle, byte for byte, on every machine, whatever the folder
// is called and whatever the environment holds. (Without a configured name the name of the
// folder or file is the function's, and so part of the bundle.)
package build
