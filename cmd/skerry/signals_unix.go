//go:build unix

package main

import (
	"os"
	"syscall"
)

// What a node obeys beside the signals that end it: SIGHUP and SIGUSR2.
var controlSignals = []os.Signal{signalReload, syscall.SIGUSR2}

const signalReload = syscall.SIGHUP
