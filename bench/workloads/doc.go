// Package workloads lists the functions that are measured: for each, its folder here, the
// request that is sent and how to know the right answer.
//
// A folder is a project as a user would write it. Those who measure copy it with [Copy],
// which sets what a measurement chooses: the isolation and the origin.
package workloads
