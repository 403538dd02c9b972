// The Web APIs of the runtime. They stand in for TypeScript's "DOM" library, which declares
// hundreds of things that no server has: use `"lib": ["ES2023"]` beside them.
//
// A test holds each global, class and member here against the runtime's own tables: what is
// declared exists, and what exists is declared.

// Globals

declare const self: typeof globalThis;
declare const caches: CacheStorage;
declare const console: Console;
declare const crypto: Crypto;
declare const navigator: Navigator;
declare const performance: Performance;
declare const scheduler: Scheduler;

/** Makes a request. Private, loopback and metadata addresses are refused; the manifest's `allow` narrows further. */
declare function fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;

declare function atob(data: string): string;
declare function btoa(data: string): string;
declare function queueMicrotask(callback: () => void): void;
/** Treats `error` as an exception that nobody caught: listeners for "error" are told, and the log if none cancels that. */
declare function reportError(error: unknown): void;
declare function structuredClone<T>(value: T, options?: StructuredSerializeOptions): T;

declare function setTimeout<Args extends unknown[]>(callback: (...args: Args) => void, milliseconds?: number, ...args: Args): number;
declare function setInterval<Args extends unknown[]>(callback: (...args: Args) => void, milliseconds?: number, ...args: Args): number;
/** Calls `callback` in a turn of its own, as soon as can be. */
declare function setImmediate<Args extends unknown[]>(callback: (...args: Args) => void, ...args: Args): number;
declare function clearImmediate(id: number | undefined): void;
declare function clearTimeout(id: number | undefined): void;
declare function clearInterval(id: number | undefined): void;

// Errors that nobody caught come as an ErrorEvent "error"; promises that nobody listens to as a
// PromiseRejectionEvent "unhandledrejection", and as "rejectionhandled" if somebody does later.
// A listener that cancels the event keeps the error out of the log.
declare function addEventListener(type: string, listener: EventListener | EventListenerObject | null, options?: AddEventListenerOptions | boolean): void;
declare function removeEventListener(type: string, listener: EventListener | EventListenerObject | null, options?: { capture?: boolean } | boolean): void;
declare function dispatchEvent(event: Event): boolean;
declare var onerror: ((message: string, filename: string, line: number, column: number, error: unknown) => unknown) | null;
declare var onrejectionhandled: ((event: PromiseRejectionEvent) => unknown) | null;
declare var onunhandledrejection: ((event: PromiseRejectionEvent) => unknown) | null;

type BufferSource = ArrayBuffer | ArrayBufferView;

type Transferable = ArrayBuffer | MessagePort;

interface StructuredSerializeOptions {
  transfer?: Transferable[];
}

// Fetch: https://fetch.spec.whatwg.org/

type BodyInit = string | ArrayBuffer | ArrayBufferView | Blob | FormData | URLSearchParams | ReadableStream;
type HeadersInit = Headers | Iterable<readonly [string, string]> | string[][] | Record<string, string>;
type RequestInfo = Request | string;

declare class Headers {
  constructor(init?: HeadersInit);
  append(name: string, value: string): void;
  delete(name: string): void;
  get(name: string): string | null;
  /** The values of all set-cookie lines, which `get` would join beyond repair. */
  getSetCookie(): string[];
  has(name: string): boolean;
  set(name: string, value: string): void;
  forEach(callback: (value: string, name: string, parent: Headers) => void, thisArg?: unknown): void;
  entries(): IterableIterator<[string, string]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  [Symbol.iterator](): IterableIterator<[string, string]>;
}

declare class Request {
  constructor(input: RequestInfo | URL, init?: RequestInit);
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly redirect: RequestRedirect;
  readonly signal: AbortSignal;
  /** What is known of the client beyond HTTP; undefined for a request that a function made. */
  readonly cf: RequestClient | undefined;
  // The next eleven are for browsers: they can be set and read, and do nothing here.
  readonly cache: RequestCache;
  readonly credentials: RequestCredentials;
  readonly destination: "";
  readonly duplex: "half";
  readonly integrity: string;
  readonly isHistoryNavigation: false;
  readonly isReloadNavigation: false;
  readonly keepalive: boolean;
  readonly mode: RequestMode;
  readonly referrer: string;
  readonly referrerPolicy: ReferrerPolicy;
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  readonly bodyUsed: boolean;
  clone(): Request;
  arrayBuffer(): Promise<ArrayBuffer>;
  blob(): Promise<Blob>;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  formData(): Promise<FormData>;
  json<T = any>(): Promise<T>;
  text(): Promise<string>;
}

interface RequestInit {
  method?: string;
  headers?: HeadersInit;
  body?: BodyInit | null;
  redirect?: RequestRedirect;
  signal?: AbortSignal | null;
  cf?: RequestClient;
  cache?: RequestCache;
  credentials?: RequestCredentials;
  duplex?: "half";
  integrity?: string;
  keepalive?: boolean;
  mode?: RequestMode;
  referrer?: string;
  referrerPolicy?: ReferrerPolicy;
}

interface RequestClient {
  /** How the request came: "HTTP/1.1", or of old "HTTP/1.0". */
  httpProtocol?: string;
  /** The address that the request came from, as in the header cf-connecting-ip. */
  clientIp?: string;
  /** What the node's operator has written under `[cf]` in node.toml: colo, country and the like. */
  [name: string]: unknown;
}

type RequestRedirect = "error" | "follow" | "manual";
type RequestCache = "default" | "no-store" | "reload" | "no-cache" | "force-cache" | "only-if-cached";
type RequestCredentials = "same-origin" | "omit" | "include";
type RequestMode = "cors" | "no-cors" | "same-origin";
type ReferrerPolicy =
  | ""
  | "no-referrer"
  | "no-referrer-when-downgrade"
  | "same-origin"
  | "origin"
  | "strict-origin"
  | "origin-when-cross-origin"
  | "strict-origin-when-cross-origin"
  | "unsafe-url";

declare class Response {
  constructor(body?: BodyInit | null, init?: ResponseInit);
  static error(): Response;
  static json(data: unknown, init?: ResponseInit): Response;
  static redirect(url: string | URL, status?: number): Response;
  readonly type: "basic" | "default" | "error";
  readonly url: string;
  readonly redirected: boolean;
  readonly status: number;
  readonly ok: boolean;
  readonly statusText: string;
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  readonly bodyUsed: boolean;
  clone(): Response;
  arrayBuffer(): Promise<ArrayBuffer>;
  blob(): Promise<Blob>;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  formData(): Promise<FormData>;
  json<T = any>(): Promise<T>;
  text(): Promise<string>;
}

interface ResponseInit {
  status?: number;
  statusText?: string;
  headers?: HeadersInit;
}

// Caches: https://w3c.github.io/ServiceWorker/#cache-objects

/** The function's caches: kept by a node in memory, with HTTP's rules. See docs/cache.md. */
declare class CacheStorage {
  private constructor();
  readonly default: Cache;
  open(name: string): Promise<Cache>;
}

declare class Cache {
  private constructor();
  /** What there is for a GET or HEAD, as the conditions and the range of the request have it. */
  match(request: RequestInfo | URL, options?: CacheQueryOptions): Promise<Response | undefined>;
  /** Keeps a response, if Cache-Control and HTTP's other rules let it; the log says, at the level debug, why not. */
  put(request: RequestInfo | URL, response: Response): Promise<void>;
  /** Forgets what there is, all variants of it, and says whether there was anything. */
  delete(request: RequestInfo | URL, options?: CacheQueryOptions): Promise<boolean>;
}

interface CacheQueryOptions {
  ignoreMethod?: boolean;
}

// URL: https://url.spec.whatwg.org/

declare class URL {
  constructor(url: string | URL, base?: string | URL);
  static canParse(url: string | URL, base?: string | URL): boolean;
  static parse(url: string | URL, base?: string | URL): URL | null;
  href: string;
  readonly origin: string;
  protocol: string;
  username: string;
  password: string;
  host: string;
  hostname: string;
  port: string;
  pathname: string;
  search: string;
  readonly searchParams: URLSearchParams;
  hash: string;
  toString(): string;
  toJSON(): string;
}

interface URLPatternInit {
  protocol?: string;
  username?: string;
  password?: string;
  hostname?: string;
  port?: string;
  pathname?: string;
  search?: string;
  hash?: string;
  baseURL?: string;
}

interface URLPatternComponentResult {
  input: string;
  groups: Record<string, string | undefined>;
}

interface URLPatternResult {
  inputs: (string | URLPatternInit)[];
  protocol: URLPatternComponentResult;
  username: URLPatternComponentResult;
  password: URLPatternComponentResult;
  hostname: URLPatternComponentResult;
  port: URLPatternComponentResult;
  pathname: URLPatternComponentResult;
  search: URLPatternComponentResult;
  hash: URLPatternComponentResult;
}

/** Matches URLs by patterns. Spec: https://urlpattern.spec.whatwg.org/ */
declare class URLPattern {
  constructor(input: string | URLPatternInit, baseURL: string, options?: { ignoreCase?: boolean });
  constructor(input?: string | URLPatternInit, options?: { ignoreCase?: boolean });
  readonly protocol: string;
  readonly username: string;
  readonly password: string;
  readonly hostname: string;
  readonly port: string;
  readonly pathname: string;
  readonly search: string;
  readonly hash: string;
  readonly hasRegExpGroups: boolean;
  test(input?: string | URLPatternInit, baseURL?: string): boolean;
  exec(input?: string | URLPatternInit, baseURL?: string): URLPatternResult | null;
}

declare class URLSearchParams {
  constructor(init?: Iterable<readonly [string, string]> | string[][] | Record<string, string> | string);
  readonly size: number;
  append(name: string, value: string): void;
  delete(name: string, value?: string): void;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string, value?: string): boolean;
  set(name: string, value: string): void;
  sort(): void;
  toString(): string;
  forEach(callback: (value: string, name: string, parent: URLSearchParams) => void, thisArg?: unknown): void;
  entries(): IterableIterator<[string, string]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  [Symbol.iterator](): IterableIterator<[string, string]>;
}

// Encoding: https://encoding.spec.whatwg.org/

declare class TextEncoder {
  constructor();
  readonly encoding: "utf-8";
  encode(input?: string): Uint8Array<ArrayBuffer>;
  encodeInto(source: string, destination: Uint8Array): { read: number; written: number };
}

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(input?: BufferSource, options?: { stream?: boolean }): string;
}

// Events: https://dom.spec.whatwg.org/#events

declare class Event {
  constructor(type: string, init?: EventInit);
  static readonly NONE: 0;
  static readonly CAPTURING_PHASE: 1;
  static readonly AT_TARGET: 2;
  static readonly BUBBLING_PHASE: 3;
  readonly NONE: 0;
  readonly CAPTURING_PHASE: 1;
  readonly AT_TARGET: 2;
  readonly BUBBLING_PHASE: 3;
  readonly type: string;
  readonly target: EventTarget | null;
  readonly currentTarget: EventTarget | null;
  readonly eventPhase: number;
  readonly bubbles: boolean;
  readonly cancelable: boolean;
  readonly composed: boolean;
  readonly defaultPrevented: boolean;
  readonly isTrusted: boolean;
  readonly timeStamp: number;
  composedPath(): EventTarget[];
  preventDefault(): void;
  stopImmediatePropagation(): void;
  stopPropagation(): void;
}

interface EventInit {
  bubbles?: boolean;
  cancelable?: boolean;
  composed?: boolean;
}

declare class CustomEvent<Detail = any> extends Event {
  constructor(type: string, init?: EventInit & { detail?: Detail });
  readonly detail: Detail;
}

declare class ErrorEvent extends Event {
  constructor(type: string, init?: EventInit & { message?: string; filename?: string; lineno?: number; colno?: number; error?: unknown });
  readonly message: string;
  readonly filename: string;
  readonly lineno: number;
  readonly colno: number;
  readonly error: any;
}

declare class MessageEvent<Data = any> extends Event {
  constructor(type: string, init?: EventInit & { data?: Data; origin?: string; lastEventId?: string; source?: MessagePort | null; ports?: MessagePort[] });
  readonly data: Data;
  readonly origin: string;
  readonly lastEventId: string;
  readonly source: MessagePort | null;
  readonly ports: readonly MessagePort[];
}

declare class PromiseRejectionEvent extends Event {
  constructor(type: string, init: EventInit & { promise: Promise<unknown>; reason?: unknown });
  readonly promise: Promise<unknown>;
  readonly reason: any;
}

declare class Scheduler {
  private constructor();
  /** Resolves after that many milliseconds, or rejects with the signal's reason. */
  wait(milliseconds: number, options?: { signal?: AbortSignal }): Promise<void>;
}

declare class EventTarget {
  constructor();
  addEventListener(type: string, listener: EventListener | EventListenerObject | null, options?: AddEventListenerOptions | boolean): void;
  removeEventListener(type: string, listener: EventListener | EventListenerObject | null, options?: { capture?: boolean } | boolean): void;
  dispatchEvent(event: Event): boolean;
}

/** Two ports in one isolate, each of which receives what the other is given. */
declare class MessageChannel {
  constructor();
  readonly port1: MessagePort;
  readonly port2: MessagePort;
}

declare class MessagePort extends EventTarget {
  private constructor();
  postMessage(message: unknown, transfer?: Transferable[] | StructuredSerializeOptions): void;
  start(): void;
  close(): void;
  onmessage: ((event: MessageEvent) => unknown) | null;
  onmessageerror: ((event: MessageEvent) => unknown) | null;
  onclose: ((event: Event) => unknown) | null;
}

interface EventListener {
  (event: Event): void;
}

interface EventListenerObject {
  handleEvent(event: Event): void;
}

interface AddEventListenerOptions {
  capture?: boolean;
  once?: boolean;
  passive?: boolean;
  signal?: AbortSignal;
}

declare class AbortController {
  constructor();
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

declare class AbortSignal extends EventTarget {
  private constructor();
  static abort(reason?: unknown): AbortSignal;
  static any(signals: Iterable<AbortSignal>): AbortSignal;
  static timeout(milliseconds: number): AbortSignal;
  readonly aborted: boolean;
  readonly reason: any;
  onabort: ((this: AbortSignal, event: Event) => void) | null;
  throwIfAborted(): void;
}

// Files: https://w3c.github.io/FileAPI/

declare class Blob {
  constructor(parts?: Iterable<BlobPart>, options?: BlobPropertyBag);
  readonly size: number;
  readonly type: string;
  slice(start?: number, end?: number, type?: string): Blob;
  arrayBuffer(): Promise<ArrayBuffer>;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
  text(): Promise<string>;
}

type BlobPart = string | BufferSource | Blob;

interface BlobPropertyBag {
  type?: string;
  endings?: "native" | "transparent";
}

declare class File extends Blob {
  constructor(parts: Iterable<BlobPart>, name: string, options?: BlobPropertyBag & { lastModified?: number });
  readonly name: string;
  readonly lastModified: number;
}

declare class FormData {
  constructor();
  append(name: string, value: string | Blob, filename?: string): void;
  delete(name: string): void;
  get(name: string): FormDataEntryValue | null;
  getAll(name: string): FormDataEntryValue[];
  has(name: string): boolean;
  set(name: string, value: string | Blob, filename?: string): void;
  forEach(callback: (value: FormDataEntryValue, name: string, parent: FormData) => void, thisArg?: unknown): void;
  entries(): IterableIterator<[string, FormDataEntryValue]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<FormDataEntryValue>;
  [Symbol.iterator](): IterableIterator<[string, FormDataEntryValue]>;
}

type FormDataEntryValue = File | string;

// Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html

/** Each connection is a subrequest. */
declare class EventSource extends EventTarget {
  constructor(url: string | URL, init?: { withCredentials?: boolean });
  /** Reads events from a stream. */
  static from(stream: ReadableStream<Uint8Array>): EventSource;
  static readonly CONNECTING: 0;
  static readonly OPEN: 1;
  static readonly CLOSED: 2;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSED: 2;
  readonly readyState: number;
  readonly url: string;
  readonly withCredentials: boolean;
  onerror: ((event: Event) => unknown) | null;
  onmessage: ((event: MessageEvent) => unknown) | null;
  onopen: ((event: Event) => unknown) | null;
  close(): void;
}

// Errors: https://webidl.spec.whatwg.org/#idl-DOMException

declare class DOMException extends Error {
  constructor(message?: string, name?: string);
  readonly name: string;
  readonly message: string;
  readonly code: number;
}

// The rest

declare class Performance extends EventTarget {
  private constructor();
  readonly timeOrigin: number;
  now(): number;
  toJSON(): { timeOrigin: number };
  /** Names this moment. The latest 10,000 marks and measures of an isolate are remembered. */
  mark(name: string, options?: { startTime?: number; detail?: unknown }): PerformanceMark;
  /** Notes the time between two moments: marks, milliseconds, or the beginning and now. */
  measure(name: string, start?: string | { start?: string | number; end?: string | number; duration?: number; detail?: unknown }, end?: string): PerformanceMeasure;
  clearMarks(name?: string): void;
  clearMeasures(name?: string): void;
  getEntries(): PerformanceEntry[];
  getEntriesByName(name: string, type?: string): PerformanceEntry[];
  getEntriesByType(type: string): PerformanceEntry[];
}

declare class PerformanceEntry {
  protected constructor();
  readonly name: string;
  readonly entryType: string;
  readonly startTime: number;
  readonly duration: number;
  toJSON(): unknown;
}

declare class PerformanceMark extends PerformanceEntry {
  constructor(name: string, options?: { startTime?: number; detail?: unknown });
  readonly detail: any;
}

declare class PerformanceMeasure extends PerformanceEntry {
  protected constructor();
  readonly detail: any;
}

declare class Navigator {
  private constructor();
  readonly hardwareConcurrency: number;
  readonly language: string;
  readonly languages: readonly string[];
  readonly userAgent: string;
}

/** What is written goes to the function's log, at the level of the method's name. */
interface Console {
  assert(condition?: unknown, ...data: unknown[]): void;
  clear(): void;
  count(label?: string): void;
  countReset(label?: string): void;
  debug(...data: unknown[]): void;
  dir(item?: unknown, options?: unknown): void;
  dirxml(...data: unknown[]): void;
  error(...data: unknown[]): void;
  group(...label: unknown[]): void;
  groupCollapsed(...label: unknown[]): void;
  groupEnd(): void;
  info(...data: unknown[]): void;
  log(...data: unknown[]): void;
  table(data?: unknown, columns?: string[]): void;
  time(label?: string): void;
  timeEnd(label?: string): void;
  timeLog(label?: string, ...data: unknown[]): void;
  timeStamp(label?: string): void;
  trace(...data: unknown[]): void;
  warn(...data: unknown[]): void;
}
