package main

// self is this program's file, also when another has taken its name since: the processes of
// a node are of one version.
func self() string { return "/proc/self/exe" }
