package jail

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/skerry-edge/skerry/isolate"
)

// checkWriteMax is how long a jail may take to read a part of a bundle.
const checkWriteMax = 10 * time.Second

// Check evaluates an encoded bundle in the jail at the other end of conn, which is used for
// nothing else and closed. It returns a *isolate.Failure if the bundle can't be run, of
// isolate.OutcomeExceededStart if the jail died of it or was not done when ctx's deadline came.
func Check(ctx context.Context, conn net.Conn, bundle []byte) error {
	l := newLink(conn, checkWriteMax)
	checked := make(chan error, 1)
	over := make(chan error, 1)
	flushed := make(chan struct{})
	go func() {
		defer close(flushed)
		l.flush()
	}()
	go func() { over <- l.receive(checkLimit, func(m message) error { return takeChecked(m, checked) }) }()
	received := false
	defer func() {
		l.fail(ErrClosed)
		<-flushed
		if !received {
			<-over
		}
	}()
	if err := l.send(ctx, kindHello, 0, []byte(protocol), nil); err != nil {
		return err
	}
	// If the jail is dead already, the receiver hears of it.
	_ = l.send(ctx, kindCheck, 1, nil, bundle)
	select {
	case err := <-checked:
		return err
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return startFailure("the bundle was not evaluated in time", ctx.Err())
		}
		return ctx.Err()
	case err := <-over:
		received = true
		select {
		case err := <-checked: // it came before the end
			return err
		default:
		}
		if errors.Is(err, ErrFault) {
			return err
		}
		return startFailure("the process that evaluated the bundle died of it: too much memory, or too deep a nesting", err)
	}
}

// startFailure says that a bundle can't be started.
func startFailure(message string, cause error) *isolate.Failure {
	return &isolate.Failure{Outcome: isolate.OutcomeExceededStart, Message: message, Detail: cause.Error()}
}

func checkLimit(k kind) int {
	switch k {
	case kindReady:
		return 64
	case kindChecked:
		return 256 << 10
	case kindLine:
		return frameBytesMax // nobody reads what a bundle logs that is not live
	default:
		return 0
	}
}

// takeChecked takes a message of a jail that checks.
func takeChecked(m message, checked chan<- error) error {
	if m.kind != kindChecked {
		return nil
	}
	in, err := openInput(m)
	if err != nil {
		return err
	}
	var result error
	if !in.bool() {
		result = in.failure()
	}
	if err := in.end(); err != nil {
		return err
	}
	select {
	case checked <- result:
		return nil
	default:
		return fault("two results of one check")
	}
}
