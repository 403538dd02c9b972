package gateway

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

const (
	// bodyRate is what a client must send, in bytes a second, once BodyTimeout is over.
	bodyRate = 1 << 10

	// bodyChunk is the first allocation for a body: what a client announces is not
	// believed before it comes.
	bodyChunk = 16 << 10
)

// readBody reads the request's body of length bytes from r.
//
// The client has timeout to begin with, and must then keep to bodyRate.
func readBody(r io.Reader, c *conn, length int, timeout time.Duration) ([]byte, *problem) {
	if length == 0 {
		return nil, nil
	}
	body := make([]byte, 0, min(length, bodyChunk))
	start := time.Now()
	for {
		allowance := timeout + time.Duration(len(body))*time.Second/bodyRate
		if err := c.readBy(start.Add(allowance)); err != nil {
			return nil, bodyProblem(err, nil)
		}
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case len(body) == length:
			return body, nil
		case err == io.EOF: // fasthttp says the same of a client that left before the end
			return nil, departed(errDeparted)
		case err != nil:
			return nil, bodyProblem(err, c.readErr)
		}
		if len(body) == cap(body) {
			body = append(make([]byte, 0, min(4*cap(body), length)), body...)
		}
	}
}

func bodyTooLarge(used, limit int) *problem {
	p := hangUp(outcomeBodyTooLarge, fmt.Sprintf("The request's body is larger than %d MB.", limit>>20))
	p.limit, p.used, p.allowed = "body_mb", toMB(used), int64(limit>>20)
	return p
}

// toMB rounds up, so that what is over a limit looks it.
func toMB(n int) int64 { return int64((n-1)>>20) + 1 }

// bodyProblem says what a failed read means. The connection's own error counts, if there is
// one: fasthttp's errors about chunks hide it.
func bodyProblem(err, cause error) *problem {
	if cause != nil {
		err = cause
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return hangUp(outcomeRequestTimeout, "The request's body did not arrive in time.")
	case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed), errors.Is(err, syscall.ECONNRESET):
		return departed(errDeparted)
	}
	return hangUp(outcomeBadRequest, "The request's body breaks the rules of its Transfer-Encoding.")
}
