// Package bench measures a running node from outside: it starts the real binary, pushes a
// workload, loads it over loopback, and reads from the kernel what CPU time and memory the
// node has used. The workloads are in the folder workloads.
//
//	go test -run '^$' -bench . ./bench
//
// CPU time per request is a figure that other load on the machine hardly moves; requests
// per second are not.
package bench
