package js

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/go-sourcemap/sourcemap"
)

// newPositions reads a script's source map for the engine's own use: from lines and
// columns, both from 1, of the text that the engine was given to places in the author's
// files. That text has one line before the script, and insertions, by line from 0 of the
// text. No map gives nil.
//
// The sources' text, which a map may carry, is left out: it would stay in memory.
//
// Spec: https://tc39.es/ecma426/
func newPositions(text []byte, inserted map[int][]insertion) (*sourcemap.Consumer, error) {
	if len(text) == 0 {
		return nil, nil
	}
	var m struct {
		Version  int      `json:"version"`
		Sources  []string `json:"sources"`
		Mappings string   `json:"mappings"`
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("js: source map: %w", err)
	}
	if strings.Trim(m.Mappings, ";,") == "" {
		return nil, nil
	}
	moved, err := moveMappings(";"+m.Mappings, inserted)
	if err != nil {
		return nil, err
	}
	// The library finds nothing after the last mapping: there is one more, past the end.
	m.Mappings = moved + ";AAAA"
	lean, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	c, err := sourcemap.Parse("", lean)
	if err != nil {
		return nil, fmt.Errorf("js: source map: %w", err)
	}
	return c, nil
}

// insertion is text put into a line of a script.
type insertion struct {
	column int // from 0, where the text now begins, in the line as it was
	width  int
}

// moveMappings moves the generated columns of mappings past insertions, given by line
// from 0, and counts all columns, generated and original, from 1 instead of 0.
func moveMappings(mappings string, inserted map[int][]insertion) (string, error) {
	var out strings.Builder
	first := true // no segment with a source has been seen
	for number, line := range strings.Split(mappings, ";") {
		if number > 0 {
			out.WriteByte(';')
		}
		if line == "" {
			continue
		}
		pending := append([]insertion{{0, 1}}, inserted[number]...)
		column := 0
		for i, segment := range strings.Split(line, ",") {
			fields, err := decodeVLQ(segment)
			if err != nil {
				return "", err
			}
			column += fields[0]
			for len(pending) > 0 && column >= pending[0].column {
				fields[0] += pending[0].width
				pending = pending[1:]
			}
			if first && len(fields) >= 4 {
				first = false
				fields[3]++
			}
			if i > 0 {
				out.WriteByte(',')
			}
			for _, f := range fields[:min(len(fields), 4)] {
				encodeVLQ(&out, f)
			}
		}
	}
	return out.String(), nil
}

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// decodeVLQ reads the numbers of one segment: at least one, and at most five.
func decodeVLQ(segment string) ([]int, error) {
	var fields []int
	value, shift := 0, 0
	for i := range len(segment) {
		digit := strings.IndexByte(base64Digits, segment[i])
		if digit < 0 || shift > 30 {
			return nil, fmt.Errorf("js: source map: bad segment %q", segment)
		}
		value |= digit & 31 << shift
		if digit&32 != 0 {
			shift += 5
			continue
		}
		if value&1 != 0 {
			fields = append(fields, -(value >> 1))
		} else {
			fields = append(fields, value>>1)
		}
		value, shift = 0, 0
	}
	if len(fields) == 0 || len(fields) > 5 || shift != 0 {
		return nil, fmt.Errorf("js: source map: bad segment %q", segment)
	}
	return fields, nil
}

func encodeVLQ(out *strings.Builder, n int) {
	value := n << 1
	if n < 0 {
		value = -n<<1 | 1
	}
	for {
		digit := value & 31
		value >>= 5
		if value > 0 {
			digit |= 32
		}
		out.WriteByte(base64Digits[digit])
		if value == 0 {
			return
		}
	}
}
