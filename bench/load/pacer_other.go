//go:build !linux

package load

// newWaiter returns the most precise waiter there is.
func newWaiter() waiter { return timerWaiter{} }
