package main

import (
	"errors"
	"slices"
)

// closers are how to close what was opened, in the order it was opened in.
type closers []func() error

// add notes how to close what was opened last.
func (c *closers) add(close func() error) { *c = append(*c, close) }

// close closes all, the last opened first, and returns what went wrong, cause included.
func (c *closers) close(cause error) error {
	errs := []error{cause}
	for _, close := range slices.Backward(*c) {
		errs = append(errs, close())
	}
	*c = nil
	return errors.Join(errs...)
}
