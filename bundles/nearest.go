package bundles

import "strings"

// Nearest returns the one of known that someone who wrote name most likely meant, or ""
// if none is close: one that differs by few letters, or one that begins with name. Of
// equally close ones the first wins.
func Nearest(name string, known []string) string {
	name = strings.ToLower(name)
	best, distance := "", len(name)/3+2
	for _, candidate := range known {
		lower := strings.ToLower(candidate)
		d := editDistance(name, lower, distance)
		if len(name) >= 3 && strings.HasPrefix(lower, name) {
			d = min(d, distance-1)
		}
		if d < distance && d < len(candidate) {
			best, distance = candidate, d
		}
	}
	return best
}

// editDistance counts the insertions, deletions, replacements and swaps of neighbours
// between a and b, in bytes. Where it is most or more, any number from most on may come back.
func editDistance(a, b string, most int) int {
	if len(a)-len(b) >= most || len(b)-len(a) >= most {
		return most
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			replace := last[j]
			if a[i] != b[j] {
				replace++
			}
			row[j+1] = min(replace, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
