package webapi

import "strings"

// shape is how an object is written: a head, such as its class, then its items in
// brackets.
type shape struct {
	head     string
	brackets string // "{}", "[]", or none if the head says all where there is no item
	items    []string
}

// String writes the whole, on one line if that is short.
func (s shape) String() string {
	if s.brackets == "" && len(s.items) == 0 {
		return s.head
	}
	head, open, end := s.head, "{", "}"
	if s.brackets == "[]" {
		open, end = "[", "]"
	}
	if head != "" {
		head += " "
	}
	if len(s.items) == 0 {
		return head + open + end
	}
	width, flat := len(head)+2, !strings.Contains(s.head, "\n")
	for _, item := range s.items {
		width += len(item) + 2
		flat = flat && !strings.Contains(item, "\n")
	}
	if flat && width <= inspectWidth {
		return head + open + " " + strings.Join(s.items, ", ") + " " + end
	}
	return head + open + "\n  " + strings.ReplaceAll(s.lines(), "\n", "\n  ") + "\n" + end
}

// lines puts each item on a line of its own, except that short ones of a list share lines.
func (s shape) lines() string {
	if s.brackets != "[]" {
		return strings.Join(s.items, ",\n")
	}
	var out strings.Builder
	column := 0
	for i, item := range s.items {
		if i > 0 {
			out.WriteByte(',')
			if column+len(item) > inspectWidth || len(item) > inspectWidth/4 || strings.Contains(item, "\n") {
				out.WriteByte('\n')
				column = 0
			} else {
				out.WriteByte(' ')
			}
		}
		out.WriteString(item)
		column += len(item) + 2
		if strings.Contains(item, "\n") {
			column = inspectWidth
		}
	}
	return out.String()
}
