package store

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/skerry-edge/skerry/bundles"
)

// indexFormat is the version of index's encoding.
const indexFormat = 1

// index says which chunks make up a bundle in a Shared. It is the metadata of the entry
// that makes the bundle visible.
type index struct {
	Format int      `json:"format"`
	Upload uploadID `json:"upload"` // whose chunks these are
	Chunks int      `json:"chunks"`
	Bytes  int      `json:"bytes"` // all chunks together
}

func (x index) encode() ([]byte, error) { return json.Marshal(x) }

// decodeIndex reads an encoded index. The error is ErrCorrupt, or says that a newer
// Skerry wrote it.
func decodeIndex(data []byte) (index, error) {
	var version struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return index{}, fmt.Errorf("%w: index: %w", ErrCorrupt, err)
	}
	if version.Format > indexFormat {
		return index{}, fmt.Errorf("index has format %d, newer than the %d known here: upgrade this node", version.Format, indexFormat)
	}
	var x index
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&x); err != nil {
		return index{}, fmt.Errorf("%w: index: %w", ErrCorrupt, err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return index{}, fmt.Errorf("%w: index is followed by something else", ErrCorrupt)
	}
	_, known := x.Upload.time()
	if x.Format != indexFormat || !known || x.Bytes < 0 || x.Bytes > bundles.EncodedBytesMax || x.Chunks != chunkCount(x.Bytes) {
		return index{}, fmt.Errorf("%w: index %s makes no sense", ErrCorrupt, data)
	}
	return x, nil
}

// chunkCount is how many chunks hold a bundle of so many bytes.
func chunkCount(bytes int) int { return (bytes + chunkBytes - 1) / chunkBytes }

// uploadID names one Put. It begins with the time, so that what a Put that never ended
// has left behind can be told from what is being written now.
type uploadID string

const timeDigits = 12 // hexadecimal milliseconds since 1970: enough for 8,900 years

func newUploadID(now time.Time) uploadID {
	return uploadID(fmt.Sprintf("%0*x-%s", timeDigits, now.UnixMilli(), rand.Text()))
}

// time returns when the Put began; known is false if u is not an upload's id.
func (u uploadID) time() (t time.Time, known bool) {
	if len(u) <= timeDigits || u[timeDigits] != '-' {
		return time.Time{}, false
	}
	millis, err := strconv.ParseInt(string(u[:timeDigits]), 16, 64)
	return time.UnixMilli(millis), err == nil
}
