package webapi

import "context"

// Source is where the bytes of a stream come from that the host owns: the body of a request
// on its way in, or of a response to fetch. It has one reader at a time.
type Source interface {
	// Next waits for the next bytes and returns them; they are the caller's to keep. The
	// error is io.EOF after the last of them, and never comes with bytes. It is called on
	// goroutines outside of the VM's turns, one call after the other.
	Next(ctx context.Context) ([]byte, error)

	// Cancel says that nobody will read what is left, because of reason, which may be nil.
	// It may be called while a Next is under way, which then ends, and more than once; it
	// must not block.
	Cancel(reason error)
}
