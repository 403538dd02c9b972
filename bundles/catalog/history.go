package catalog

import (
	"fmt"
	"slices"
	"time"

	"github.com/skerry-edge/skerry/bundles"
)

// VersionsMax is how many versions of a function are kept, the newest. The live version
// and the one before it are kept beyond that.
const VersionsMax = 100

// Entry is one version in the list that Catalog.Versions returns.
type Entry struct {
	Version int            `json:"version"`
	Digest  bundles.Digest `json:"digest"`
	Message string         `json:"message,omitempty"`
	Created time.Time      `json:"created"`
	Record  ID             `json:"record"` // where the rest is known

	Percent int `json:"-"` // of its function's events; 0: not live
}

// history is all that is known of a function's versions.
type history struct {
	Function string  `json:"function"`
	Last     int     `json:"last"`     // the highest number that was ever given
	Versions []Entry `json:"versions"` // those kept, in the order of their numbers

	// Trail are the versions that were live, up to the one that is now. A push adds to
	// it. A rollback cuts it: what was rolled back is not gone back to by the next one.
	Trail []int `json:"trail"`
}

// entry returns the version with the given number, and false if it is not kept.
func (h *history) entry(number int) (Entry, bool) {
	i, ok := slices.BinarySearchFunc(h.Versions, number, func(e Entry, number int) int { return e.Version - number })
	if !ok {
		return Entry{}, false
	}
	return h.Versions[i], true
}

// written returns the version whose record is at id, and false if there is none.
func (h *history) written(id ID) (Entry, bool) {
	for _, e := range h.Versions {
		if e.Record == id {
			return e, true
		}
	}
	return Entry{}, false
}

// push adds e as the live version and returns the versions that are no longer kept.
func (h *history) push(e Entry) (dropped []Entry) {
	h.Last = e.Version
	h.Versions = append(h.Versions, e)
	h.Trail = append(h.Trail, e.Version)
	return h.trim()
}

// rollback makes the version with the given number live.
func (h *history) rollback(number int) {
	for i, n := range slices.Backward(h.Trail) {
		if n == number {
			h.Trail = h.Trail[:i+1]
			return
		}
	}
	h.Trail = append(h.Trail, number)
}

// previous returns the number that was live before the present one.
func (h *history) previous() (number int, ok bool) {
	if len(h.Trail) < 2 {
		return 0, false
	}
	return h.Trail[len(h.Trail)-2], true
}

// trim drops the versions that are too many.
func (h *history) trim() (dropped []Entry) {
	near := h.Trail[max(0, len(h.Trail)-2):]
	kept := make([]Entry, 0, len(h.Versions))
	for i, e := range h.Versions {
		if len(h.Versions)-i <= VersionsMax || slices.Contains(near, e.Version) {
			kept = append(kept, e)
		} else {
			dropped = append(dropped, e)
		}
	}
	h.Versions = kept
	h.Trail = slices.DeleteFunc(h.Trail, func(n int) bool {
		_, kept := h.entry(n)
		return !kept
	})
	h.Trail = h.Trail[max(0, len(h.Trail)-VersionsMax):]
	return dropped
}

// validate says why h is not the history of the function called name.
func (h *history) validate(name string) error {
	if h.Function != name {
		return fmt.Errorf("history of %q stands where that of %q should be", h.Function, name)
	}
	previous := 0
	for _, e := range h.Versions {
		if e.Version <= previous || e.Version > h.Last {
			return fmt.Errorf("version %d stands after %d in a history up to %d", e.Version, previous, h.Last)
		}
		if !e.Record.valid() {
			return fmt.Errorf("version %d has its record at %q", e.Version, e.Record)
		}
		if _, err := bundles.ParseDigest(string(e.Digest)); err != nil {
			return fmt.Errorf("version %d: %w", e.Version, err)
		}
		previous = e.Version
	}
	for _, n := range h.Trail {
		if _, ok := h.entry(n); !ok {
			return fmt.Errorf("version %d was live but is not kept", n)
		}
	}
	return nil
}
