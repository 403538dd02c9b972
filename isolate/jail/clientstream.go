package jail

import (
	"context"
	"errors"
)

// expectResponse makes body that of f's response.
func (c *Client) expectResponse(f *flight, body *inlet) error {
	wait := c.cfg.StreamIdleMax + endMax
	body.lateMax, body.late = wait, func() { c.link.fail(fault("nothing of a response's body came for %v", wait)) }
	body.over = func() { c.watch(f) }
	return f.streams.expect(0, body)
}

// stream takes what the jail says of a body.
func (c *Client) stream(m message, in *input) error {
	defer c.link.credit(m.held)
	f, given := c.flight(m.id)
	switch {
	case f != nil:
		return f.streams.handle(m.kind, in)
	case !given:
		return fault("a message about a body of no event")
	}
	return nil // over meanwhile
}

// offer makes the body of a subrequest's response, a reply to a call of f, what the jail can
// pull. ctx is the call's, and ends with the body by cancel.
func (c *Client) offer(ctx context.Context, cancel context.CancelFunc, f *flight, r reply) reply {
	err := f.streams.offer(r.number, r.stream, &outlet{over: cancel})
	switch {
	case err != nil:
		cancel()
		r.stream.Cancel(err)
		if errors.Is(err, ErrFault) {
			c.link.fail(err)
		}
		return failedFetch(err)
	case ctx.Err() != nil:
		// The call was given up. That nobody reads the body may have been said before it was there.
		r.stream.Cancel(ctx.Err())
	}
	return r
}
