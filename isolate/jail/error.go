package jail

import "errors"

// Conditions that a caller may act on.
var (
	// ErrGone says that a channel takes no more events, because its jail ends or has ended.
	// The event was not run, and its Done was not called: it may be dispatched elsewhere.
	ErrGone = errors.New("jail: the channel takes no more events")
	// ErrFault says that a jail broke the protocol. Its channel is closed.
	ErrFault = errors.New("jail: protocol broken")
	// ErrOverloaded says that there are as many jails as may be, and all of them work.
	ErrOverloaded = errors.New("jail: too many jails are busy")
	// ErrRefused says that a function may not run, in no process at all, for the time being.
	ErrRefused = errors.New("jail: the function is held back")
	// ErrClosed says that the keeper or the pool was closed.
	ErrClosed = errors.New("jail: closed")
	// ErrCondemned says that an event in this jail can't be ended, and that the process must.
	ErrCondemned = errors.New("jail: an event can't be ended")
)
