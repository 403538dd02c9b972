//go:build !race

package main

// shadowFactor is by how much more memory the program takes because of how it was built.
const shadowFactor = 1
