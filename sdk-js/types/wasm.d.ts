// WebAssembly: https://webassembly.github.io/spec/js-api/

declare const WebAssembly: WebAssemblyNamespace;

interface WebAssemblyNamespace {
  readonly JSTag: WebAssembly.Tag;
  Module: WebAssembly.ModuleConstructor;
  Instance: new (module: WebAssembly.Module, imports?: WebAssembly.Imports) => WebAssembly.Instance;
  Memory: new (descriptor: { initial: number; maximum?: number }) => WebAssembly.Memory;
  Table: new (descriptor: { element: "anyfunc" | "externref"; initial: number; maximum?: number }, value?: unknown) => WebAssembly.Table;
  Global: new (descriptor: { value: WebAssembly.ValueType; mutable?: boolean }, value?: unknown) => WebAssembly.Global;
  Tag: new (type: { parameters: WebAssembly.ValueType[] }) => WebAssembly.Tag;
  Exception: new (tag: WebAssembly.Tag, payload: unknown[], options?: { traceStack?: boolean }) => WebAssembly.Exception;
  CompileError: ErrorConstructor;
  LinkError: ErrorConstructor;
  RuntimeError: ErrorConstructor;
  validate(bytes: BufferSource): boolean;
  compile(bytes: BufferSource): Promise<WebAssembly.Module>;
  compileStreaming(source: Response | PromiseLike<Response>): Promise<WebAssembly.Module>;
  instantiate(module: WebAssembly.Module, imports?: WebAssembly.Imports): Promise<WebAssembly.Instance>;
  instantiate(bytes: BufferSource, imports?: WebAssembly.Imports): Promise<WebAssembly.Instantiated>;
  instantiateStreaming(source: Response | PromiseLike<Response>, imports?: WebAssembly.Imports): Promise<WebAssembly.Instantiated>;
}

declare namespace WebAssembly {
  type ValueType = "i32" | "i64" | "f32" | "f64" | "externref" | "anyfunc";
  type ExternalKind = "function" | "global" | "memory" | "table" | "tag";
  type Exports = Record<string, any>;
  type Imports = Record<string, Record<string, unknown>>;

  interface Module {}

  interface ModuleConstructor {
    new (bytes: BufferSource): Module;
    exports(module: Module): { name: string; kind: ExternalKind }[];
    imports(module: Module): { module: string; name: string; kind: ExternalKind }[];
    customSections(module: Module, name: string): ArrayBuffer[];
  }

  interface Instance {
    readonly exports: Exports;
  }

  interface Instantiated {
    module: Module;
    instance: Instance;
  }

  interface Memory {
    readonly buffer: ArrayBuffer;
    /** By pages of 64 KiB. Returns how many there were, and detaches the buffer before. */
    grow(pages: number): number;
  }

  interface Table {
    readonly length: number;
    get(index: number): any;
    grow(entries: number, value?: unknown): number;
    set(index: number, value?: unknown): void;
  }

  interface Global<T = any> {
    value: T;
    valueOf(): T;
  }

  interface Tag {}

  interface Exception extends Error {
    getArg(tag: Tag, index: number): any;
    is(tag: Tag): boolean;
  }
}

/** A module that was imported from a file of the project: compiled once for all isolates. */
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
