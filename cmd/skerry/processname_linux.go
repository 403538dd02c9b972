package main

import "os"

// nameProcess sets what lists of processes show, 15 bytes at most.
func nameProcess(name string) {
	// A list that shows another name does no harm.
	_ = os.WriteFile("/proc/self/comm", []byte(name), 0)
}
