package egress

import (
	"context"
	"slices"
	"strconv"
	"strings"
)

const (
	// HopsMax is how many subrequests in a row, each made while handling the one before,
	// may pass through nodes.
	HopsMax = 8

	loopHeader   = "Cdn-Loop" // as net/http writes it
	loopName     = "skerry"
	loopBytesMax = 1 << 10
)

type loopKey struct{}

// WithLoop returns a context for the handling of a request that arrived with the header
// CDN-Loop: value (its lines joined by commas; empty: none). The subrequests made in it
// carry the value on, with this hop counted; after HopsMax hops they fail. What a function
// itself puts into CDN-Loop is not sent.
//
// Spec: https://www.rfc-editor.org/rfc/rfc8586
func WithLoop(ctx context.Context, value string) context.Context {
	if value == "" {
		return ctx
	}
	return context.WithValue(ctx, loopKey{}, value)
}

// nextLoop returns the CDN-Loop of subrequests made in ctx.
func nextLoop(ctx context.Context) (string, error) {
	received, _ := ctx.Value(loopKey{}).(string)
	if received == "" {
		return loopName + "; hops=1", nil
	}
	others, hops := parseLoop(received)
	if hops >= HopsMax {
		return "", fail(ReasonLoop, "this request is a subrequest of a subrequest, %d deep: do functions call themselves?", hops)
	}
	return strings.Join(append(others, loopName+"; hops="+strconv.Itoa(hops+1)), ", "), nil
}

// parseLoop takes a CDN-Loop apart: what others wrote, and how many hops through nodes
// there have been. Others' words are dropped if they are too long or can't be sent,
// or would take what follows them into a quoted string.
func parseLoop(value string) (others []string, hops int) {
	members, sound := splitOutsideQuotes(value, ',')
	size := 0
	for _, member := range members {
		parts, _ := splitOutsideQuotes(member, ';')
		if strings.EqualFold(strings.TrimSpace(parts[0]), loopName) {
			hops = max(hops, loopHops(parts[1:]))
			continue
		}
		if member = strings.TrimSpace(member); member != "" && validFieldValue(member) {
			others = append(others, member)
			size += len(member) + len(", ")
		}
	}
	if size > loopBytesMax || !sound {
		others = nil
	}
	return others, hops
}

// loopHops reads the parameter hops; without a sound one, the hop that left its name counts.
func loopHops(parameters []string) int {
	i := slices.IndexFunc(parameters, func(p string) bool {
		return strings.HasPrefix(strings.TrimSpace(p), "hops=")
	})
	if i < 0 {
		return 1
	}
	n, err := strconv.ParseUint(strings.TrimSpace(parameters[i])[len("hops="):], 10, 16)
	if err != nil {
		return 1
	}
	return int(n)
}

// splitOutsideQuotes splits s into its parts, one at least, at each sep that is not inside a
// quoted string. If a string has no end, s is not sound and quotes don't count.
func splitOutsideQuotes(s string, sep byte) (parts []string, sound bool) {
	quoted, start := false, 0
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == sep && !quoted:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	if quoted {
		return strings.Split(s, string(sep)), false
	}
	return append(parts, s[start:]), true
}
