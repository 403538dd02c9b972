// Command peers measures Skerry beside other servers that do the same work: each of the
// workloads, on one machine, in one go.
//
//	go run ./bench/peers [-workloads hello,json] [-peers workerd,skerry] [-out FILE]
//
// A server, with all its processes, has one core, and the one who loads it (wrk, or bench/load
// where there is no wrk), Redis and the origin have another. Runs go from peer to
// peer in turns, so that what else the machine does meets all alike, and a figure is the median of the
// runs. What is compared is requests per second of CPU time that the server used: other
// load on the machine hardly moves it.
//
// Peers come from npm, into node_modules beside this file. One that can't be had is skipped,
// and the report says so.
package main
