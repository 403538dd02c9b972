//go:build !cgo

package fence

const cgoEnabled = false
