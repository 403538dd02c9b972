//go:build !linux

package bolt_test

import "testing"

func mountSmallDisk(t *testing.T, _ int) string {
	t.Helper()
	t.Skip("SKIPPED: this test knows how to make a small disk only on Linux")
	return ""
}
