// Package supervise is the parent of a node's processes: it starts them, knows whose fault
// it is when one dies, and replaces it; it stops, reloads and upgrades them without a
// refused connection. It knows nothing of HTTP, functions or stores.
package supervise
