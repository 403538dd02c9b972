//go:build !linux

package note

import (
	"errors"
	"os"
	"time"
)

// Create makes a note in the memory of this process, which no other can read: there is no
// file.
func Create() (*Note, *os.File, error) { return &Note{page: new(page)}, nil, nil }

// Open returns a note in the memory of this process.
func Open(*os.File) (*Note, error) { return &Note{page: new(page)}, nil }

// Close does nothing here.
func (n *Note) Close() error { return nil }

// CPU can't be told here.
func (r Running) CPU(int) (time.Duration, error) {
	return 0, errors.New("note: this system doesn't tell the CPU time of another process's threads")
}
