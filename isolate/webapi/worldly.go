package webapi

import (
	"slices"

	"github.com/skerry-edge/skerry/isolate/js"
)

// unworldly are the globals that give a script nothing but what it has put in, or that say so
// themselves when they do (js.VM.Varies).
var unworldly = []string{
	"AbortController", "AbortSignal", "ByteLengthQueuingStrategy", "CountQueuingStrategy", "CustomEvent", "DOMException",
	"ErrorEvent", "Event", "EventTarget", "Headers", "MessageEvent", "Navigator", "ReadableByteStreamController",
	"ReadableStream", "ReadableStreamBYOBReader", "ReadableStreamBYOBRequest", "ReadableStreamDefaultController",
	"ReadableStreamDefaultReader", "Request", "Response", "TextDecoder", "TextDecoderStream", "TextEncoder",
	"TextEncoderStream", "TransformStream", "TransformStreamDefaultController", "URL", "URLPattern", "URLSearchParams",
	"WritableStream", "WritableStreamDefaultController", "WritableStreamDefaultWriter",
	"atob", "btoa", "console", "crypto", "globalThis", "navigator", "performance", "queueMicrotask", "self", "structuredClone",
}

// Worldly returns the names of the globals by which a script may see or change what is outside
// its VM: what it makes with them can differ from one VM to the next.
func Worldly() map[string]bool {
	worldly := make(map[string]bool)
	for _, g := range All() {
		if name := js.Describe(g).Name; !slices.Contains(unworldly, name) {
			worldly[name] = true
		}
	}
	return worldly
}
