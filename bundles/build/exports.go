package build

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// conditions are what this runtime answers to in the exports and imports of a package.json,
// beside "default" and one of "import" and "require".
//
// See https://runtime-keys.proposal.wintercg.org/.
var conditions = [...]string{"workerd", "worker", "edge-light", "browser"}

// exported resolves subpath, "." or "./x", in the exports of a package.json: to a path that
// begins with "./", or to "" if the package does not export it.
//
// See PACKAGE_EXPORTS_RESOLVE in https://nodejs.org/api/esm.html#resolution-algorithm-specification.
func exported(exports *node, subpath string, required bool) string {
	subpaths := len(exports.members()) > 0 && strings.HasPrefix(exports.members()[0].key, ".")
	var target string
	if subpaths {
		target = mapped(exports, subpath, required, false)
	} else if subpath == "." {
		target, _ = targetOf(exports, "", required, false)
	}
	return target
}

// imported resolves specifier, which begins with "#", in the imports of a package.json: to a
// path that begins with "./", to the name of a package, or to "".
func imported(imports *node, specifier string, required bool) string {
	return mapped(imports, specifier, required, true)
}

// mapped finds key in a map with patterns. (PACKAGE_IMPORTS_EXPORTS_RESOLVE)
func mapped(table *node, key string, required, packages bool) string {
	if n := table.get(key); n != nil && !strings.Contains(key, "*") && !strings.HasSuffix(key, "/") {
		target, _ := targetOf(n, "", required, packages)
		return target
	}
	var patterns []member
	for _, m := range table.members() {
		if strings.Count(m.key, "*") == 1 {
			patterns = append(patterns, m)
		}
	}
	slices.SortStableFunc(patterns, func(a, b member) int { // PATTERN_KEY_COMPARE
		return cmp.Or(
			cmp.Compare(strings.Index(b.key, "*"), strings.Index(a.key, "*")),
			cmp.Compare(len(b.key), len(a.key)))
	})
	for _, m := range patterns {
		before, after, _ := strings.Cut(m.key, "*")
		if len(key) >= len(m.key) && strings.HasPrefix(key, before) && strings.HasSuffix(key, after) {
			target, _ := targetOf(m.value, key[len(before):len(key)-len(after)], required, packages)
			return target
		}
	}
	return ""
}

// targetOf picks the target for the conditions that hold, with match in the place of "*".
// It reports whether there was one: null is one that leads nowhere. (PACKAGE_TARGET_RESOLVE)
func targetOf(n *node, match string, required, packages bool) (target string, found bool) {
	switch value := n.value.(type) {
	case string:
		return validTarget(value, match, packages), true
	case []member:
		for _, m := range value {
			if !holds(m.key, required) {
				continue
			}
			if target, found := targetOf(m.value, match, required, packages); found {
				return target, true
			}
		}
		return "", false
	case []*node:
		for _, item := range value {
			if target, found := targetOf(item, match, required, packages); target != "" {
				return target, found
			}
		}
		return "", len(value) > 0
	default:
		return "", true
	}
}

func holds(condition string, required bool) bool {
	switch condition {
	case "default":
		return true
	case "import":
		return !required
	case "require":
		return required
	}
	return slices.Contains(conditions[:], condition)
}

// validTarget puts match into a target, or returns "" if that may not be: a path must stay
// in its package, and may not name a package inside it.
func validTarget(target, match string, packages bool) string {
	rest, relative := strings.CutPrefix(target, "./")
	if !relative && (!packages || strings.HasPrefix(target, "../") || strings.HasPrefix(target, "/")) {
		return ""
	}
	if relative && badSegments(rest) || badSegments(match) && match != "" {
		return ""
	}
	return strings.ReplaceAll(target, "*", match)
}

// badSegments reports whether a part of the path is "", ".", ".." or "node_modules".
func badSegments(name string) bool {
	for part := range strings.FieldsFuncSeq(name, func(c rune) bool { return c == '/' || c == '\\' }) {
		if part == "." || part == ".." || strings.EqualFold(part, "node_modules") || strings.Contains(part, "%") {
			return true
		}
	}
	return false
}

// exportedNames lists what a package exports, for an error.
func exportedNames(exports *node) string {
	var names []string
	for _, m := range exports.members() {
		if strings.HasPrefix(m.key, ".") && m.value.value != nil {
			names = append(names, m.key)
		}
	}
	if len(names) == 0 {
		return "."
	}
	const most = 12
	if more := len(names) - most; more > 0 {
		names = append(names[:most], "and "+strconv.Itoa(more)+" more")
	}
	return strings.Join(names, ", ")
}
