package js

import (
	"unsafe"

	"github.com/dop251/goja"
)

// View is where a typed array or a DataView lies in its buffer.
type View struct {
	Kind         string // "Uint8Array" and the other typed arrays, or "DataView"
	Buffer       Value  // the ArrayBuffer
	Offset       int    // in bytes
	Length       int    // in bytes; 0 if the buffer is detached
	ElementBytes int    // the size of an element; of a DataView 1
	Memory       []byte // the bytes of the view: the script's
}

// ViewOf looks at a typed array or a DataView, whatever its properties and its prototype
// pretend; false if v is neither.
func (vm *VM) ViewOf(v Value) (View, bool) {
	o, ok := v.(*goja.Object)
	if !ok {
		return View{}, false
	}
	view, ok := vm.viewOf(o)
	if ok && view.Kind == "" {
		view.Kind = kindOf(o)
	}
	return view, ok
}

// viewOf is ViewOf but for the Kind of a typed array, which takes as long as all else.
func (vm *VM) viewOf(o *goja.Object) (View, bool) {
	s := vm.platform.seam
	self := s.behind(o)
	at := func(offset uintptr) int { return *(*int)(unsafe.Add(self.data, offset)) }
	var view View
	var buffer unsafe.Pointer
	switch self.tab {
	case s.typed:
		buffer = *(*unsafe.Pointer)(unsafe.Add(self.data, s.typedBuffer))
		size := at(s.typedSize)
		view = View{Offset: at(s.typedOffset) * size, Length: at(s.typedCount) * size, ElementBytes: size}
	case s.dataView:
		buffer = *(*unsafe.Pointer)(unsafe.Add(self.data, s.dataViewBuffer))
		view = View{Kind: "DataView", Offset: at(s.dataViewOffset), Length: at(s.dataViewBytes), ElementBytes: 1}
	default:
		return View{}, false
	}
	view.Buffer = *(**goja.Object)(unsafe.Add(buffer, s.baseVal))
	all := *(*[]byte)(unsafe.Add(buffer, s.bufferBytes))
	if end := view.Offset + view.Length; end <= len(all) {
		view.Memory = all[view.Offset:end:end]
	} else {
		view.Length = 0
	}
	return view, true
}

// NewView makes a typed array or a DataView of a buffer; offset is in bytes, count in
// elements. It throws if the buffer is too small.
func (vm *VM) NewView(kind string, buffer Value, offset, count int) Value {
	return vm.Construct(vm.Intrinsic(kind), buffer, offset, count)
}
