package rewrite

// Meter is told what a document costs, as it costs it. Its methods may panic to end the work;
// the Rewriter has ended then.
type Meter interface {
	// Done counts steps, each about as long as a few bytes take to compare.
	Done(steps int)
	// Allocate is called before n bytes are allocated in one go.
	Allocate(n int64)
}

// free is the Meter of those who need none.
type free struct{}

func (free) Done(int)       {}
func (free) Allocate(int64) {}

// meteredBytes is the size from which an allocation is reported.
const meteredBytes = 16 << 10

// grow makes room for n more bytes.
func grow(m Meter, b []byte, n int) []byte {
	if cap(b)-len(b) >= n {
		return b
	}
	size := max(len(b)+n, 2*cap(b), 256)
	if size >= meteredBytes {
		m.Allocate(int64(size))
	}
	m.Done(len(b) / 64)
	grown := make([]byte, len(b), size)
	copy(grown, b)
	return grown
}

func appendBytes[T []byte | string](m Meter, b []byte, more T) []byte {
	return append(grow(m, b, len(more)), more...)
}
