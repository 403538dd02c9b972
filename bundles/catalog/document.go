package catalog

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

// knownFormat is the version of the documents' encoding. It goes up whenever a reader of
// the old one would refuse or misread the new.
const knownFormat = 1

// The kinds of documents, each with the keys that hold it.
const (
	kindHead    = "head"    // head: a Snapshot
	kindHistory = "history" // history/<function>/<id>: a history
	kindVersion = "version" // version/<function>/<id>: a bundles.Version
	kindRemoved = "removed" // removed/<function>: a removed
)

const headKey = kindHead

func historyKey(function string, id ID) string {
	return kindHistory + "/" + function + "/" + string(id)
}
func recordKey(function string, id ID) string { return kindVersion + "/" + function + "/" + string(id) }
func removedKey(function string) string       { return kindRemoved + "/" + function }

// document is what every key of the catalog holds.
type document struct {
	Format int    `json:"format"`
	Kind   string `json:"kind"`
	Body   any    `json:"body"`
}

func encode(kind string, body any) ([]byte, error) {
	return json.Marshal(document{Format: knownFormat, Kind: kind, Body: body})
}

// decode reads a document of the given kind into body, a pointer. It returns ErrNewer, or
// ErrCorrupt for anything but one whole document without a field too many.
func decode(data []byte, kind string, body any) error {
	d := document{Body: body}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	err := dec.Decode(&d)
	if err == nil {
		if _, more := dec.Token(); more != io.EOF {
			err = errors.New("something follows it")
		}
	}
	if format := formatOf(data, d, err); format > knownFormat {
		return fmt.Errorf("%w: %s has format %d, more than the %d known here", ErrNewer, kind, format, knownFormat)
	}
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrCorrupt, kind, err)
	}
	if d.Format != knownFormat || d.Kind != kind {
		return fmt.Errorf("%w: a %q of format %d stands where a %s should be", ErrCorrupt, d.Kind, d.Format, kind)
	}
	return nil
}

// formatOf returns the format of a document that was decoded into d with the given error.
// A newer format may be the reason for the error, and then takes a second look.
func formatOf(data []byte, d document, err error) int {
	if err == nil {
		return d.Format
	}
	var only struct {
		Format int `json:"format"`
	}
	if json.Unmarshal(data, &only) != nil {
		return 0
	}
	return only.Format
}

// ID names a document that is written once. It begins with the time, so that a document
// that a broken change has left behind can be told from one that is being written now.
type ID string

const timeDigits = 12 // hexadecimal milliseconds since 1970: enough for 8,900 years

func newID(now time.Time) ID {
	return ID(fmt.Sprintf("%0*x-%s", timeDigits, now.UnixMilli(), rand.Text()))
}

// time returns when the ID was made; ok is false if it is none.
func (id ID) time() (t time.Time, ok bool) {
	if len(id) <= timeDigits || id[timeDigits] != '-' {
		return time.Time{}, false
	}
	millis, err := strconv.ParseInt(string(id[:timeDigits]), 16, 64)
	return time.UnixMilli(millis), err == nil
}

func (id ID) valid() bool {
	_, ok := id.time()
	return ok
}
