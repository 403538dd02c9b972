// Package bundles says what a bundle is: what a function's author said of it (its
// [Manifest]), one script, the script's source map, and files beside them. It is pure
// data: building one is bundles/build, keeping its bytes bundles/store, saying which one
// is live bundles/catalog.
//
// A bundle is named by its [Digest], the SHA-256 of its canonical encoding: what a digest
// names never changes, and the same bundle has the same digest on every machine.
package bundles

import (
	"fmt"
	"time"
)

// Bundle is an immutable build of a function.
type Bundle struct {
	Manifest  Manifest
	Script    []byte            // the body of one strict function; see bundles/build
	SourceMap []byte            // of Script, version 3, JSON; nil: none
	Modules   map[string][]byte // WebAssembly and other binary imports, by the name that Script uses
}

// Version is one immutable version of a function: a bundle that was pushed under its name.
type Version struct {
	Function string    `json:"function"`
	Number   int       `json:"version"` // 1, 2, 3 … within the function, never used twice
	Digest   Digest    `json:"digest"`
	Manifest Manifest  `json:"manifest"`
	Message  string    `json:"message,omitempty"` // what the one who pushed it said
	Created  time.Time `json:"created"`
}

// SizeError says that something is larger than Skerry takes.
type SizeError struct {
	What     string // "bundle", "manifest", "src/data.bin"
	Bytes    int    // its size; where it was not measured to its end, what was seen of it
	BytesMax int
}

func (e *SizeError) Error() string {
	return fmt.Sprintf("%s is too large: %s, and at most %s are allowed", e.What, quantity(e.Bytes), quantity(e.BytesMax))
}

func quantity(bytes int) string {
	if bytes < 1<<20 {
		return fmt.Sprintf("%d bytes", bytes)
	}
	tenths := (bytes*10 + 1<<20 - 1) >> 20 // rounded up, so that it never reads as what is allowed
	return fmt.Sprintf("%d.%d MB", tenths/10, tenths%10)
}
