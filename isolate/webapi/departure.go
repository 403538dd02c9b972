package webapi

import "github.com/skerry-edge/skerry/isolate/js"

// AbortRequest aborts the signal of a request that [NewRequest] made, because whoever sent it
// has left. It is called in a turn.
//
// Spec: https://developers.cloudflare.com/workers/runtime-apis/request/#properties
func AbortRequest(vm *js.VM, v js.Value) {
	r := js.As[request](vm, v)
	if r == nil {
		return
	}
	if r.signal == nil {
		r.signal = new(abortSignal)
	}
	r.signal.abort(vm, vm.ErrorValue(&js.DOMError{Name: "AbortError", Message: "the client left"}))
}
