package webapi

import "strings"

// parsePathStart is the state path start.
func (u *urlParts) parsePathStart(s string) {
	if s != "" && u.slash(s[0]) {
		u.parsePath(s[1:], "?#")
	} else if special(u.scheme) || s != "" && s[0] != '?' && s[0] != '#' {
		u.parsePath(s, "?#")
	} else {
		u.parseTail(s)
	}
}

// parsePath is the state path: it adds segments up to one of end's characters, and parses
// what follows.
func (u *urlParts) parsePath(s, end string) {
	path := make([]byte, len(u.path), len(u.path)+len("/")+len(s))
	copy(path, u.path)
	slashes := "/"
	if special(u.scheme) {
		slashes = `/\`
	}
	for {
		n := endOf(s, 0, slashes)
		n = endOf(s[:n], 0, end)
		more := n < len(s) && strings.IndexByte(end, s[n]) < 0
		segment := s[:n]
		switch dots := dotsOf(segment); {
		case dots == 2:
			path = shortenPath(path, u.scheme)
			fallthrough
		case dots == 1:
			if !more {
				path = append(path, '/')
			}
		case u.scheme == "file" && len(path) == 0 && isDrive(segment):
			path = append(path, '/', segment[0], ':')
		default:
			path = appendPercent(append(path, '/'), segment, percentPath)
		}
		if !more {
			u.path = viewString(path)
			u.parseTail(s[n:])
			return
		}
		s = s[n+1:]
	}
}

// dotsOf returns 1 for a segment that stands for the same folder, 2 for one that stands
// for the folder above, and 0 for all others.
//
// Spec: https://url.spec.whatwg.org/#single-dot-path-segment
func dotsOf(segment string) int {
	dots := 0
	for segment != "" {
		switch {
		case dots == 2:
			return 0
		case segment[0] == '.':
			segment = segment[1:]
		case len(segment) >= len("%2e") && segment[0] == '%' && strings.EqualFold(segment[:len("%2e")], "%2e"):
			segment = segment[len("%2e"):]
		default:
			return 0
		}
		dots++
	}
	return dots
}

// shorten drops the last segment.
func (u *urlParts) shorten() { u.path = string(shortenPath([]byte(u.path), u.scheme)) }

// shortenPath drops the last segment of path, unless that is a drive letter.
//
// Spec: https://url.spec.whatwg.org/#shorten-a-urls-path
func shortenPath(path []byte, scheme string) []byte {
	if len(path) == 0 || scheme == "file" && len(path) == len("/C:") && hasDrive(string(path)) {
		return path
	}
	end := len(path) - 1
	for path[end] != '/' {
		end--
	}
	return path[:end]
}

// parseOpaquePath is the state opaque path.
func (u *urlParts) parseOpaquePath(s string) {
	end := endOf(s, 0, "?#")
	u.opaque = true
	u.path = percentEncode(s[:end], percentControl)
	if end < len(s) && strings.HasSuffix(u.path, " ") {
		u.path = u.path[:len(u.path)-1] + "%20"
	}
	u.parseTail(s[end:])
}

// isDrive says whether s is a Windows drive letter: two characters.
//
// Spec: https://url.spec.whatwg.org/#windows-drive-letter
func isDrive(s string) bool {
	return len(s) == 2 && 'a' <= s[0]|0x20 && s[0]|0x20 <= 'z' && (s[1] == ':' || s[1] == '|')
}

// startsWithDrive says whether the first segment of s is a drive letter.
func startsWithDrive(s string) bool {
	return len(s) >= 2 && isDrive(s[:2]) && (len(s) == 2 || strings.IndexByte(`/\?#`, s[2]) >= 0)
}

// hasDrive says whether the first segment of a serialised path is a drive letter.
func hasDrive(path string) bool {
	return len(path) >= 3 && isDrive(path[1:3]) && path[2] == ':' && (len(path) == 3 || path[3] == '/')
}
