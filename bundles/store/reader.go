package store

import (
	"context"
	"fmt"

	"github.com/skerry-edge/skerry/bundles"
)

// Reader reads the directory of a Local that another process owns. It changes nothing there:
// a corrupt file stays for the owner to find. It is safe for concurrent use.
type Reader struct{ local *Local }

// NewReader returns a Reader of the directory that a Local was opened with. What is not there
// yet may come later.
func NewReader(dir string) *Reader { return &Reader{&Local{dir: dir}} }

// Get returns the bytes that d names, verified, and the caller's to keep. It returns
// ErrNotFound or ErrCorrupt.
func (r *Reader) Get(ctx context.Context, d bundles.Digest) ([]byte, error) {
	if _, err := bundles.ParseDigest(string(d)); err != nil {
		return nil, fmt.Errorf("get bundle: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	data, err := r.local.read(d)
	if err != nil {
		return nil, fmt.Errorf("get bundle %s: %w", d, err)
	}
	return data, nil
}
