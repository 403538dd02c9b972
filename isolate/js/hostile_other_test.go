//go:build !linux

package js_test

// limitMemory does nothing: the kernel's limit differs from system to system.
func limitMemory() {}
