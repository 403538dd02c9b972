package control

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// A Handler carries out what the other side asks. ctx ends when the other side doesn't
// wait for the answer any more, and with the connection. The result is sent as JSON; nil
// is sent as null. Handlers run side by side, each on a goroutine of its own, and may make
// calls; they must not Close the connection. The request is the handler's until it returns.
type Handler func(ctx context.Context, r *Request) (any, error)

// A Request is a call that came in.
type Request struct {
	Method string
	Params json.RawMessage // null or empty without any

	files  []*os.File // came with the request and not taken
	answer []*os.File // go with the answer
}

// Decode reads the parameters into v. Its error, returned by the handler, tells the caller.
func (r *Request) Decode(v any) error {
	if err := json.Unmarshal(r.Params, v); err != nil {
		return fmt.Errorf("parameters of %q: %w", r.Method, err)
	}
	return nil
}

// Files returns the files that came with the request. They are the caller's from here;
// files that no handler has taken are closed.
func (r *Request) Files() []*os.File {
	taken := r.files
	r.files = nil
	return taken
}

// Attach sends files with the answer. They are the connection's from here, which closes
// them once they are sent, or when there is no answer to send.
func (r *Request) Attach(files ...*os.File) { r.answer = append(r.answer, files...) }

// closeFiles closes files that nobody wants.
func closeFiles(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// errTooManyFiles says why files can't be sent.
func errTooManyFiles(n int) error {
	return fmt.Errorf("control: %d files, and %d can be sent at once", n, filesMax)
}

// handle runs the handler, and turns a panic into its error: a call must not end the
// process that steers the others.
func handle(ctx context.Context, h Handler, r *Request) (result any, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &Error{CodePanic, fmt.Sprintf("the handler of %q panicked: %v", r.Method, v)}
		}
	}()
	return h(ctx, r)
}

// names lists the handlers, for messages.
func names(handlers map[string]Handler) []string {
	all := make([]string, 0, len(handlers))
	for name := range handlers {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}
