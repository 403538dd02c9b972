//go:build !unix

package main

import "errors"

// openFilesMax is how many files this process may have open.
func openFilesMax() (uint64, error) { return 0, errors.ErrUnsupported }

// lockDirectory does nothing here: the stores lock their own files.
func lockDirectory(string) (unlock func() error, err error) { return func() error { return nil }, nil }
