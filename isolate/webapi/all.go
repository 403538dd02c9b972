package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// All returns the globals of this package: what a script finds on globalThis beside the
// language. It is the whole list; a name that is not here does not exist.
func All() []js.Global {
	return []js.Global{
		AbortController,
		AbortSignal,
		Atob,
		Blob,
		Btoa,
		Cache,
		CacheStorage,
		cachesGlobal,
		ClearInterval,
		ClearTimeout,
		Console,
		Crypto,
		cryptoGlobal,
		CustomEvent,
		DOMException,
		Event,
		EventTarget,
		Fetch,
		File,
		FormData,
		Headers,
		Navigator,
		navigatorGlobal,
		Performance,
		performanceGlobal,
		QueueMicrotask,
		ReadableStream,
		ReadableStreamDefaultReader,
		ReportError,
		Request,
		Response,
		self,
		SetInterval,
		SetTimeout,
		streamIteratorClass,
		StructuredClone,
		SubtleCrypto,
		TextDecoder,
		TextEncoder,
		URL,
		URLPattern,
		URLSearchParams,
	}
}
