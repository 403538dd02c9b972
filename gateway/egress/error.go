package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
)

// Reason is the kind of a failed subrequest: a label of log lines and metrics.
type Reason string

// The reasons for which a subrequest fails.
const (
	ReasonInvalid     Reason = "invalid"      // the request is not one that HTTP or the Fetch standard permits
	ReasonNotAllowed  Reason = "not_allowed"  // the function's allow list doesn't name the host and port
	ReasonRefused     Reason = "refused"      // the node lets no function go there
	ReasonUnresolved  Reason = "unresolved"   // the host's name has no address, or its servers don't say
	ReasonUnreachable Reason = "unreachable"  // no connection, or it broke
	ReasonTLS         Reason = "tls"          // the handshake failed: the certificate, most often
	ReasonBadResponse Reason = "bad_response" // the answer breaks HTTP
	ReasonTooLarge    Reason = "too_large"    // the response's head, or its body when decoded, passed its cap
	ReasonRedirect    Reason = "redirect"     // a redirect that leads nowhere, or that the request forbids
	ReasonLoop        Reason = "loop"         // functions call themselves in a ring
	ReasonTimeout     Reason = "timeout"      // Config.Timeout, IdleTimeout or DialTimeout has passed
	ReasonCanceled    Reason = "canceled"     // the caller's context ended
	ReasonClosed      Reason = "closed"       // the Client is closed
)

// Error is why a subrequest failed. Its text is for a function's author: it names the host
// and the reason and nothing of the node's inside. Operators find the cause by Unwrap.
type Error struct {
	Reason  Reason
	Origin  string // of the hop that failed: "https://example.com"; empty: there was none
	Message string
	Err     error // the cause; nil: none but the above
}

func (e *Error) Error() string {
	if e.Origin == "" {
		return "fetch: " + e.Message
	}
	return "fetch " + e.Origin + ": " + e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// fail returns an Error of a hop that is yet to be named.
func fail(reason Reason, format string, args ...any) *Error {
	return &Error{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// at returns e with the hop named where it failed. It copies: net/http may give one dial's
// error to many requests.
func (e *Error) at(t *target) *Error {
	named := *e
	named.Origin = t.origin
	return &named
}

// errTimeout is the cause of a context that ended by Config.Timeout.
var errTimeout = errors.New("the subrequest's time is over")

// explain makes an Error of what a hop to t ended with. It is the one place where errors
// of the network get words: theirs name addresses, ports and name servers of the node.
func (c *Client) explain(ctx context.Context, t *target, err error) *Error {
	if ctx.Err() != nil {
		switch context.Cause(ctx) {
		case errTimeout:
			return (&Error{ReasonTimeout, "", fmt.Sprintf("no answer within %v", c.cfg.Timeout), err}).at(t)
		case errIdle:
			return (&Error{ReasonTimeout, "", fmt.Sprintf("nothing of the body came for %v", c.cfg.IdleTimeout), err}).at(t)
		}
		return (&Error{ReasonCanceled, "", "the event that asked for it is over, or it was aborted", context.Cause(ctx)}).at(t)
	}
	var known *Error
	if errors.As(err, &known) {
		return known.at(t)
	}
	reason, message := c.words(t, err)
	return (&Error{reason, "", message, err}).at(t)
}

func (c *Client) words(t *target, err error) (Reason, string) {
	var (
		dns         *net.DNSError
		certificate *tls.CertificateVerificationError
		hostname    x509.HostnameError
		record      tls.RecordHeaderError
		alert       tls.AlertError
		errno       syscall.Errno
		network     net.Error
	)
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return ReasonUnresolved, "there is no such host"
	case errors.As(err, &dns):
		return ReasonUnresolved, "the host's name could not be resolved"
	case errors.As(err, &hostname):
		return ReasonTLS, "the certificate is for another host than " + t.host
	case errors.As(err, &certificate):
		return ReasonTLS, "the certificate can't be trusted: " + strings.TrimPrefix(certificate.Err.Error(), "x509: ")
	case errors.As(err, &record):
		return ReasonTLS, "the server doesn't speak TLS on this port"
	case errors.As(err, &alert):
		return ReasonTLS, "the TLS handshake failed: " + strings.TrimPrefix(alert.Error(), "tls: ")
	case errors.As(err, &errno):
		return ReasonUnreachable, errno.Error()
	case errors.As(err, &network) && network.Timeout():
		return ReasonTimeout, fmt.Sprintf("no connection within %v", c.cfg.DialTimeout)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return ReasonUnreachable, "the connection ended before the answer did"
	case strings.Contains(err.Error(), "tls: "):
		return ReasonTLS, "the TLS handshake failed"
	case strings.Contains(err.Error(), "response header"):
		// net/http has no type for it; tests hold both its wordings, of HTTP/1.1 and 2.
		return ReasonTooLarge, fmt.Sprintf("the response's head is larger than %s", bytesText(c.cfg.HeadBytesMax))
	case strings.HasPrefix(err.Error(), "connection error: "): // HTTP/2's, which net/http keeps to itself
		return ReasonBadResponse, fmt.Sprintf("the answer is not valid HTTP/2, or its head is larger than %s", bytesText(c.cfg.HeadBytesMax))
	}
	return ReasonBadResponse, "the answer is not valid HTTP"
}

// bytesText writes a limit as people say it.
func bytesText(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
