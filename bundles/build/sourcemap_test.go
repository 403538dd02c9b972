package build_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf16"
)

// decodedMap is a source map, read by the letter of https://tc39.es/ecma426/.
type decodedMap struct {
	Version  int
	Sources  []string
	Contents []*string `json:"sourcesContent"`
	Mappings string
}

func sourceMap(t *testing.T, text []byte) decodedMap {
	t.Helper()
	var m decodedMap
	if err := json.Unmarshal(text, &m); err != nil || m.Version != 3 || len(m.Contents) != len(m.Sources) {
		t.Fatalf("not a source map: %v\n%s", err, text)
	}
	return m
}

// original returns where a place of the script, line and column from 1, comes from.
func (m decodedMap) original(line, column int) string {
	var source, sourceLine, sourceColumn int
	best := ""
	for i, group := range strings.Split(m.Mappings, ";") {
		at := 0
		for segment := range strings.SplitSeq(group, ",") {
			fields := decodeVLQ(segment)
			if len(fields) == 0 {
				continue
			}
			at += fields[0]
			if len(fields) < 4 {
				continue
			}
			source, sourceLine, sourceColumn = source+fields[1], sourceLine+fields[2], sourceColumn+fields[3]
			if i == line-1 && at <= column-1 {
				best = fmt.Sprintf("%s:%d:%d", m.Sources[source], sourceLine+1, sourceColumn+1)
			}
		}
	}
	return best
}

func decodeVLQ(text string) []int {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	var out []int
	value, shift := 0, 0
	for i := range len(text) {
		digit := strings.IndexByte(digits, text[i])
		value |= digit & 31 << shift
		if shift += 5; digit&32 != 0 {
			continue
		}
		if value&1 != 0 {
			value = -value
		}
		out = append(out, value/2)
		value, shift = 0, 0
	}
	return out
}

// place returns the line and column, from 1, of the first part in text.
func place(text, part string) (line, column int) {
	before, _, _ := strings.Cut(text, part)
	line = 1 + strings.Count(before, "\n")
	before = before[strings.LastIndexByte(before, '\n')+1:]
	return line, 1 + len(utf16.Encode([]rune(before)))
}

// endsOnUse is a context that is over once its error was asked for some times: it ends in
// the middle of what looks at it between steps, without a clock.
type endsOnUse struct {
	context.Context
	uses int32
	seen atomic.Int32
}

func (c *endsOnUse) Err() error {
	if c.seen.Add(1) > c.uses {
		return context.DeadlineExceeded
	}
	return nil
}

func (c *endsOnUse) Deadline() (time.Time, bool) { return time.Time{}, false }
