package redistest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Do sends the server a command on a connection of its own and returns the reply as
// text, the parts of an array on lines of their own. It is for setting scenes: for what
// is tested, use the client that is.
func (s *Server) Do(args ...string) (string, error) {
	conn, err := net.DialTimeout("tcp", s.Addr, startWait)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(startWait)); err != nil {
		return "", err
	}
	replies := bufio.NewReader(conn)
	if password := s.arg("--requirepass"); password != "" {
		if _, err := exchange(conn, replies, "AUTH", password); err != nil {
			return "", err
		}
	}
	return exchange(conn, replies, args...)
}

func exchange(w io.Writer, replies *bufio.Reader, args ...string) (string, error) {
	if _, err := io.WriteString(w, encode(args)); err != nil {
		return "", err
	}
	return readReply(replies)
}

// MustDo is Do for commands that should succeed.
func (s *Server) MustDo(t testing.TB, args ...string) string {
	t.Helper()
	reply, err := s.Do(args...)
	if err != nil {
		t.Fatalf("redistest: %q: %v", args, err)
	}
	return reply
}

// encode writes a command in Redis's protocol: https://redis.io/docs/latest/develop/reference/protocol-spec/
func encode(args []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(arg), arg)
	}
	return b.String()
}

func readReply(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return "", err
	}
	kind, rest := line[0], strings.TrimSuffix(line[1:], "\r\n")
	switch kind {
	case '+', ':':
		return rest, nil
	case '-':
		return "", errors.New(rest)
	}
	n, err := strconv.Atoi(rest)
	if err != nil {
		return "", fmt.Errorf("reply %q: %w", line, err)
	}
	switch kind {
	case '$':
		if n < 0 {
			return "", nil
		}
		b := make([]byte, n+2)
		_, err := io.ReadFull(r, b)
		return string(b[:n]), err
	case '*':
		parts := make([]string, max(n, 0))
		for i := range parts {
			if parts[i], err = readReply(r); err != nil {
				return "", err
			}
		}
		return strings.Join(parts, "\n"), nil
	default:
		return "", fmt.Errorf("reply %q is of no known kind", line)
	}
}
