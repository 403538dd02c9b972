//go:build race

package main

// shadowFactor is by how much more memory the program takes because of how it was built: the
// race detector keeps a shadow of all memory.
const shadowFactor = 6
