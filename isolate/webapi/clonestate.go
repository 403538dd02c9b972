package webapi

// cloneable is the state of instances that structuredClone copies. A class whose states
// have it needs nothing else.
//
// Spec: https://html.spec.whatwg.org/multipage/structured-data.html#serializable-objects
type cloneable interface {
	// clone returns the state of the copy.
	clone() any
}

// transferable is the state of instances that structuredClone and postMessage can hand
// over.
//
// Spec: https://html.spec.whatwg.org/multipage/structured-data.html#transferable-objects
type transferable interface {
	transferable() bool // false: it was handed over before, or is locked
	successor() any     // makes the state of what will take its place
	moveTo(to any)      // gives to what successor made all it has; from now on it is of no use
}

func (b *blob) clone() any { return &blob{data: b.data, typ: b.typ} }

func (f *file) clone() any {
	return &file{blob: blob{data: f.blob.data, typ: f.blob.typ}, name: f.name, lastModified: f.lastModified}
}

func (e *domException) clone() any { return &domException{name: e.name, message: e.message} }
