package js

import "strings"

// Bounds of a regular expression. Within them none takes longer than some milliseconds to
// compile.
const (
	patternBytes = 64 << 10
	patternDepth = 200      // of groups in each other
	patternTerms = 64 << 10 // with what counted repetitions repeat written out
	// repeatedMax is how often the engine's first matcher writes out a term at most. Beyond
	// it, it leaves the expression to the second, which counts.
	repeatedMax = 1000
)

// errPatternSize is in the words that scripts know from V8.
var errPatternSize = &ThrowError{"SyntaxError", "Regular expression too large"}

// checkPattern refuses a regular expression that would take long to compile.
func checkPattern(pattern string) error {
	if len(pattern) > patternBytes {
		return errPatternSize
	}
	c := patternCost{text: pattern}
	terms, repeats := c.alternatives()
	if c.deep || repeats <= repeatedMax && terms > patternTerms {
		return errPatternSize
	}
	return nil
}

// patternCost reads a pattern and adds up its terms.
type patternCost struct {
	text  string
	at    int
	depth int
	deep  bool // nested too deep: nothing more is read
}

// alternatives reads up to the end of a group, and returns how many terms it has written
// out, and how often the innermost one is repeated.
func (c *patternCost) alternatives() (terms, repeats int) {
	repeats = 1
	for c.at < len(c.text) && !c.deep {
		term, inner := 1, 1
		switch c.text[c.at] {
		case ')':
			return terms + 1, repeats
		case '(':
			if c.depth++; c.depth > patternDepth {
				c.deep = true
				return terms, repeats
			}
			c.at++
			term, inner = c.alternatives()
			c.depth--
			c.at++ // ")"
		case '[':
			term = c.class()
		case '\\':
			term = c.escape()
		default:
			c.at++
		}
		if n := c.count(); n > 1 {
			term, inner = min(term*n, 1<<30), min(inner*n, 1<<30)
		}
		terms, repeats = min(terms+term, 1<<30), max(repeats, inner)
	}
	return terms, repeats
}

// escape skips an escape, and returns what it costs: what stands for many characters is
// dear.
func (c *patternCost) escape() int {
	c.at += 2
	if c.at > len(c.text) {
		return 1
	}
	switch c.text[c.at-1] {
	case 'p', 'P':
		return 16
	case 'd', 'D', 's', 'S', 'w', 'W':
		return 8
	}
	return 1
}

// class skips a character class and returns what it costs: a term for each 16 bytes, and
// what the escapes in it cost.
func (c *patternCost) class() int {
	start, escapes := c.at, 0
	for c.at++; c.at < len(c.text) && c.text[c.at] != ']'; {
		if c.text[c.at] == '\\' {
			escapes += c.escape()
		} else {
			c.at++
		}
	}
	c.at++
	return 1 + escapes + (c.at-start)/16
}

// count reads "{n}", "{n,}" or "{n,m}" and returns the larger number, 0 if there is none.
func (c *patternCost) count() int {
	if c.at >= len(c.text) || c.text[c.at] != '{' {
		return 0
	}
	rest := c.text[c.at+1:]
	end := strings.IndexByte(rest, '}')
	if end < 0 {
		return 0
	}
	largest, n := 0, 0
	for i, r := range rest[:end] {
		switch {
		case '0' <= r && r <= '9':
			n = min(n*10+int(r-'0'), 1<<20)
		case r == ',' && i > 0:
			largest, n = n, 0
		default:
			return 0
		}
	}
	c.at += end + 2
	return max(largest, n)
}
