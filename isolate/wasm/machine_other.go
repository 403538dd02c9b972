//go:build !linux

package wasm

// mayExecute says whether this process may make memory executable.
func mayExecute() bool { return true }
