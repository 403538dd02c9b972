package build

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/skerry-edge/skerry/bundles"
)

// wrangler reads the keys of wrangler.toml, wrangler.json or wrangler.jsonc that have a
// meaning here, and names the others in a warning. It returns where a field of the manifest
// stands in the file.
//
// See https://developers.cloudflare.com/workers/wrangler/configuration/.
func (p *Project) wrangler(doc *document) func(string) string {
	m := &p.Manifest
	s := doc.section()
	s.skip("$schema")
	s.skip("compatibility_date") // in every such file; this runtime has one behaviour
	if name := s.text("name"); name != "" {
		if m.Name = functionName(name); m.Name != name {
			p.warn(doc, "name", "the name %q can't be part of a host here: the function is called %q", name, m.Name)
		}
	}
	p.Main = s.text("main")
	routes := p.wranglerRoutes(s)
	if limits := s.table("limits"); limits != nil {
		m.Limits.CPUMillis = limits.number("cpu_ms")
		m.Limits.Subrequests = limits.number("subrequests")
		p.ignored(doc, limits)
	}
	if vars := s.table("vars"); vars != nil {
		for _, v := range vars.rest() {
			text, ok := v.value.value.(string)
			if !ok {
				text = jsonText(v.value)
				p.warn(doc, "vars."+v.key, "vars.%s is not a string: env.%s will be its JSON text", v.key, v.key)
			}
			set(&m.Vars, v.key, text)
		}
	}
	for _, kv := range s.tables("kv_namespaces") {
		bound := bundles.KVBinding{Binding: kv.text("binding"), Namespace: kv.text("id")}
		if bound.Namespace == "" {
			bound.Namespace = m.Name + "-" + bound.Binding // wrangler would create one
		}
		kv.skip("preview_id")
		kv.skip("remote")
		m.KV = append(m.KV, bound)
		p.ignored(doc, kv)
	}
	p.ignored(doc, s)
	return func(field string) string {
		if i, ok := strings.CutPrefix(field, "routes"); ok {
			return routes + i
		}
		if i, ok := strings.CutPrefix(field, "kv["); ok {
			return "kv_namespaces[" + strings.Replace(i, ".namespace", ".id", 1)
		}
		return field
	}
}

// wranglerRoutes reads routes, each a string or a table with a pattern, or the one route.
// It returns the key that they came from.
func (p *Project) wranglerRoutes(s *section) string {
	if n := s.node.get("route"); n != nil {
		s.skip("route")
		p.wranglerRoute(s, n, "route")
	}
	for i, n := range s.items("routes") {
		p.wranglerRoute(s, n, fmt.Sprintf("routes[%d]", i))
	}
	if s.node.get("routes") == nil {
		return "route"
	}
	return "routes"
}

func (p *Project) wranglerRoute(s *section, n *node, key string) {
	pattern, ok := n.value.(string)
	if !ok {
		if pattern = n.get("pattern").text(); pattern == "" {
			s.wrong(n, key, "a string, or a table with a pattern,")
		}
	}
	if !slices.Contains(p.Manifest.Routes, pattern) {
		p.Manifest.Routes = append(p.Manifest.Routes, pattern)
	}
}

func (p *Project) warn(doc *document, path, format string, args ...any) {
	p.Warnings = append(p.Warnings, Message{Text: fmt.Sprintf(format, args...)}.atOffset(doc.file, doc.text, doc.offsetOf(path), 1))
}

// ignored warns of the keys that were not asked for.
func (p *Project) ignored(doc *document, s *section) {
	var names []string
	for _, m := range s.rest() {
		names = append(names, joinPath(s.path, m.key))
	}
	if len(names) > 0 {
		p.Warnings = append(p.Warnings, Message{
			Text: "these keys have no meaning here and are ignored: " + strings.Join(names, ", "),
			File: doc.file,
		})
	}
}

// jsonText returns a value as JSON.
func jsonText(n *node) string {
	text, err := json.Marshal(plain(n))
	if err != nil {
		return "null" // infinity and NaN, which TOML has and JSON has not
	}
	return string(text)
}

func plain(n *node) any {
	switch value := n.value.(type) {
	case []*node:
		items := make([]any, len(value))
		for i := range value {
			items[i] = plain(value[i])
		}
		return items
	case []member:
		object := make(map[string]any)
		for _, m := range value {
			object[m.key] = plain(m.value)
		}
		return object
	default:
		return value
	}
}
