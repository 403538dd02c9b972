//go:build !unix

package main

import (
	"os"
	"syscall"
)

// controlSignals are none here.
var controlSignals []os.Signal

const signalReload = syscall.SIGHUP
