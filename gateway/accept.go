package gateway

import (
	"strconv"
	"strings"
)

// format is the form of a problem document.
type format int

const (
	formatJSON format = iota
	formatHTML
	formatText
)

// negotiate returns the format that an Accept header asks for. Where several are asked for
// alike, JSON comes before HTML, and HTML before text; where none is acceptable, it is JSON.
// See https://www.rfc-editor.org/rfc/rfc9110.html#name-accept.
func negotiate(accept string) format {
	best, quality := formatJSON, 0.0
	for f, types := range [...][]string{
		formatJSON: {"application/problem+json", "application/json"},
		formatHTML: {"text/html"},
		formatText: {"text/plain"},
	} {
		for _, mediaType := range types {
			if q := acceptQuality(accept, mediaType); q > quality {
				best, quality = format(f), q
			}
		}
	}
	return best
}

// acceptQuality returns the quality, 0 to 1, that accept gives to mediaType. Of the ranges
// that match, the most specific counts.
func acceptQuality(accept, mediaType string) float64 {
	kind, _, _ := strings.Cut(mediaType, "/")
	quality, specificity := 0.0, 0
	for part := range strings.SplitSeq(accept, ",") {
		name, params, _ := strings.Cut(part, ";")
		s := 0
		switch name = strings.TrimSpace(name); {
		case strings.EqualFold(name, mediaType):
			s = 3
		case len(name) == len(kind)+2 && strings.EqualFold(name[:len(kind)], kind) && name[len(kind):] == "/*":
			s = 2
		case name == "*/*":
			s = 1
		}
		if s > specificity {
			quality, specificity = qualityParam(params), s
		}
	}
	return quality
}

// qualityParam returns the value of q among params, 1 without one, 0 for one that is none.
func qualityParam(params string) float64 {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		if !strings.EqualFold(name, "q") {
			continue
		}
		q, err := strconv.ParseFloat(value, 64)
		if err != nil || !(q >= 0 && q <= 1) {
			return 0
		}
		return q
	}
	return 1
}
