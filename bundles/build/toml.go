package build

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// parseTOML parses TOML into the form that JSON has. Its error is a [*jsonError].
func parseTOML(text string) (*node, error) {
	var table map[string]any
	var wrong *toml.DecodeError
	switch err := toml.Unmarshal([]byte(text), &table); {
	case errors.As(err, &wrong):
		line, column := wrong.Position()
		return nil, &jsonError{lineOffset(text, line) + column - 1, strings.TrimPrefix(wrong.Error(), "toml: ")}
	case err != nil:
		return nil, &jsonError{0, strings.TrimPrefix(err.Error(), "toml: ")}
	}
	return tomlNode(table, "", tomlOffsets(text)), nil
}

// tomlNode converts what the TOML decoder returns. Tables have no order there: keys are sorted.
func tomlNode(value any, path string, offsets map[string]int) *node {
	n := &node{offset: offsets[path], value: value}
	switch value := value.(type) {
	case map[string]any:
		members := []member{}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			below := joinPath(path, key)
			members = append(members, member{key, offsets[below], tomlNode(value[key], below, offsets)})
		}
		n.value = members
	case []any:
		items := make([]*node, len(value))
		for i := range value {
			items[i] = tomlNode(value[i], fmt.Sprintf("%s[%d]", path, i), offsets)
			if items[i].offset == 0 {
				items[i].offset = n.offset
			}
		}
		n.value = items
	case nil, bool, int64, float64, string:
	default:
		n.value = fmt.Sprint(value) // a date or time
	}
	return n
}

// tomlOffsets says where each key of a valid document stands, by its path.
func tomlOffsets(text string) map[string]int {
	offsets := make(map[string]int)
	tables := make(map[string]int) // arrays of tables, and how many elements came so far
	var parser unstable.Parser
	parser.Reset([]byte(text))
	prefix := ""
	for parser.NextExpression() {
		e := parser.Expression()
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			prefix = keyOffsets(e, "", tables, offsets)
			if e.Kind == unstable.ArrayTable {
				element := fmt.Sprintf("%s[%d]", prefix, tables[prefix])
				tables[prefix]++
				offsets[element] = offsets[prefix]
				prefix = element
			} else if n := tables[prefix]; n > 0 {
				prefix = fmt.Sprintf("%s[%d]", prefix, n-1)
			}
		case unstable.KeyValue:
			valueOffsets(e, prefix, tables, offsets)
		}
	}
	return offsets
}

// valueOffsets notes the keys of one assignment.
func valueOffsets(e *unstable.Node, prefix string, tables, offsets map[string]int) {
	path := keyOffsets(e, prefix, tables, offsets)
	elementOffsets(e.Value(), path, tables, offsets)
}

func elementOffsets(value *unstable.Node, path string, tables, offsets map[string]int) {
	children := value.Children()
	for i := 0; children.Next(); i++ {
		switch value.Kind {
		case unstable.InlineTable:
			valueOffsets(children.Node(), path, tables, offsets)
		case unstable.Array:
			element := fmt.Sprintf("%s[%d]", path, i)
			if raw := children.Node().Raw; raw.Length > 0 {
				offsets[element] = int(raw.Offset)
			}
			elementOffsets(children.Node(), element, tables, offsets)
		}
	}
}

// keyOffsets notes the parts of a dotted key and returns its path.
func keyOffsets(e *unstable.Node, path string, tables, offsets map[string]int) string {
	for key := e.Key(); key.Next(); {
		if n := tables[path]; n > 0 {
			path = fmt.Sprintf("%s[%d]", path, n-1)
		}
		path = joinPath(path, string(key.Node().Data))
		if _, ok := offsets[path]; !ok || e.Kind == unstable.ArrayTable {
			offsets[path] = int(key.Node().Raw.Offset)
		}
	}
	return path
}

func joinPath(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// lineOffset returns where a line of text begins, lines counted from 1.
func lineOffset(text string, line int) int {
	offset := 0
	for ; line > 1; line-- {
		i := strings.IndexByte(text[offset:], '\n')
		if i < 0 {
			return len(text)
		}
		offset += i + 1
	}
	return offset
}
