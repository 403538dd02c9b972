package jail

import (
	"context"
	"net"
)

// Check evaluates an encoded bundle in the jail at the other end of conn, which is used for
// nothing else and closed. It returns a *isolate.Failure if the bundle can't be run, of
// isolate.OutcomeExceededStart if the jail died of it or was not done when ctx's deadline came.
func Check(ctx context.Context, conn net.Conn, bundle []byte) error { return ErrGone }
