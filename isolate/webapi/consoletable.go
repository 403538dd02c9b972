package webapi

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/skerry-edge/skerry/isolate/js"
)

const (
	tableRowsMax    = 100
	tableColumnsMax = 20
	tableCellMax    = 40 // characters
)

// consoleTable writes an array or an object of rows as a table: a column for each
// property, or those that its second argument lists. What is no object is logged.
//
// Spec: https://console.spec.whatwg.org/#table
func consoleTable(c *js.Call) (any, error) {
	if !hasConsole(c.VM) || c.Len() == 0 {
		return js.Undefined, nil
	}
	t := table{in: newInspector(c.VM), header: []string{"(index)"}}
	t.in.depthMax = 0
	data, ok := c.Arg(0).(*js.Object)
	if !ok || c.VM.Kind(data) == "Proxy" {
		log(c, "log")
		return js.Undefined, nil
	}
	if err := c.VM.Try(func() { t.fill(data, c.Arg(1)) }); err != nil {
		log(c, "log")
		return js.Undefined, nil
	}
	writeConsole(c.VM, "log", t.String())
	return js.Undefined, nil
}

// table is rows of cells under a header.
type table struct {
	in      *inspector
	header  []string
	rows    [][]string
	chosen  bool // the script has said which columns there are
	values  []string
	aValues bool // a row is a value and no object: there is a column for those
}

// fill makes the rows of data.
func (t *table) fill(data *js.Object, columns js.Value) {
	if t.in.vm.Iterable(columns) {
		t.chosen = true
		t.in.vm.ForOf(columns, func(v js.Value) bool {
			t.header = append(t.header, cell(t.in.vm.String(v)))
			return len(t.header) <= tableColumnsMax
		})
	}
	for _, key := range t.in.vm.Keys(data) {
		if len(t.rows) == tableRowsMax || t.in.left <= 0 {
			break
		}
		t.row(key, data)
	}
	if t.aValues {
		t.header = append(t.header, "Values")
	}
	for i := range t.rows {
		t.rows[i] = append(t.rows[i], make([]string, len(t.header)-len(t.rows[i]))...)
		if t.aValues {
			t.rows[i][len(t.header)-1] = t.values[i]
		}
	}
}

func (t *table) row(key string, data *js.Object) {
	row, value := []string{cell(key)}, ""
	d, _ := t.in.vm.Own(data, key)
	o, ok := d.Value.(*js.Object)
	if !ok || t.in.vm.Kind(o) == "Proxy" || t.in.vm.Kind(o) == "Function" {
		value, t.aValues = cell(t.in.descriptor(d)), true
	} else {
		for _, name := range t.in.vm.Keys(o) {
			t.in.vm.Checkpoint()
			column := slices.Index(t.header[1:], cell(name)) + 1
			if column == 0 {
				if t.chosen || len(t.header) > tableColumnsMax {
					continue
				}
				column = len(t.header)
				t.header = append(t.header, cell(name))
			}
			row = append(row, make([]string, max(0, column+1-len(row)))...)
			d, _ := t.in.vm.Own(o, name)
			row[column] = cell(t.in.descriptor(d))
		}
	}
	t.rows, t.values = append(t.rows, row), append(t.values, value)
}

// cell cuts s to what one cell holds, on one line.
func cell(s string) string {
	s = strings.ReplaceAll(clip(s, tableCellMax*utf8.UTFMax), "\n", " ")
	if utf8.RuneCountInString(s) > tableCellMax {
		s = string([]rune(s)[:tableCellMax-1]) + "…"
	}
	return s
}

func (t *table) String() string {
	widths := make([]int, len(t.header))
	for _, row := range append([][]string{t.header}, t.rows...) {
		for i, s := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(s))
		}
	}
	rule := func(left, middle, right string) string {
		parts := make([]string, len(widths))
		for i, w := range widths {
			parts[i] = strings.Repeat("─", w+2)
		}
		return left + strings.Join(parts, middle) + right
	}
	line := func(row []string) string {
		var out strings.Builder
		for i, s := range row {
			out.WriteString("│ " + s + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(s)+1))
		}
		return out.String() + "│"
	}
	lines := []string{rule("┌", "┬", "┐"), line(t.header), rule("├", "┼", "┤")}
	for _, row := range t.rows {
		lines = append(lines, line(row))
	}
	return strings.Join(append(lines, rule("└", "┴", "┘")), "\n")
}
