package js_test

import "syscall"

// limitMemory ends this process before a script takes the machine's memory: a gigabyte is
// what the runtime reserves, and two are for what scripts may wrongly get.
func limitMemory() {
	limit := syscall.Rlimit{Cur: 3 << 30, Max: 3 << 30}
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &limit); err != nil {
		panic(err)
	}
}
