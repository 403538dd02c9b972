package webapi

import (
	"github.com/skerry-edge/skerry/isolate/js"
)

// File is a Blob with a name.
//
// Spec: https://w3c.github.io/FileAPI/#file-section
var File = js.Class[file]{
	Name:        "File",
	Length:      2,
	Constructor: newFile,
	Extends:     Blob,
	Members: []js.Member[file]{
		js.Getter("name", func(f *file, _ *js.Call) (any, error) { return f.name, nil }),
		js.Getter("lastModified", func(f *file, _ *js.Call) (any, error) { return f.lastModified, nil }),
	},
}

type file struct {
	js.Instance
	blob         blob
	name         string
	lastModified int64 // milliseconds since 1970
}

func newFile(c *js.Call) (*file, error) {
	f := &file{name: c.String(1)}
	native, err := f.blob.options(c.VM, c.Arg(2))
	if err != nil {
		return nil, err
	}
	if at := c.VM.Get(c.Arg(2), "lastModified"); js.IsUndefined(at) {
		f.lastModified = dateNow(c.VM)
	} else {
		f.lastModified = c.VM.Int(at)
	}
	return f, f.blob.join(c.VM, c.Arg(0), native)
}

// dateNow is what Date.now() says.
func dateNow(vm *js.VM) int64 {
	date := vm.Global("Date")
	return vm.Int(vm.Invoke(vm.Get(date, "now"), date))
}
