//go:build profile

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strconv"
)

// profileVariable names the folder that profiles go to.
const profileVariable = "SKERRY_PROFILE"

// profiled runs a command, and writes what its process spent CPU time on to a file of the
// folder that SKERRY_PROFILE names: that of a node, and of each of its workers. Builds with
// the tag profile have it, which make pgo makes.
func profiled(run func() int) int {
	dir := os.Getenv(profileVariable)
	if dir == "" || len(os.Args) < 2 || os.Args[1] != "serve" && os.Args[1] != "worker" {
		return run()
	}
	f, err := os.Create(filepath.Join(dir, strconv.Itoa(os.Getpid())+".cpu"))
	if err == nil {
		err = pprof.StartCPUProfile(f)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "profile:", err)
		return exitConfig
	}
	defer f.Close()
	defer pprof.StopCPUProfile()
	return run()
}
