package build

import "github.com/skerry-edge/skerry/bundles"

// topLevel are the keys of skerry.toml that stand above its tables.
var topLevel = [...]string{"name", "main", "isolation", "routes", "prewarm", "concurrency", "allow", "eval"}

// skerry reads skerry.toml, skerry.json or skerry.jsonc. A field of the manifest has the
// same path in the file.
func (p *Project) skerry(doc *document) func(string) string {
	m := &p.Manifest
	s := doc.section()
	if name := s.text("name"); name != "" {
		m.Name = name
	}
	p.Main = s.text("main")
	m.Isolation = bundles.Isolation(s.text("isolation"))
	m.Routes = s.texts("routes")
	m.Prewarm = s.number("prewarm")
	m.Concurrency = s.number("concurrency")
	m.Allow = s.texts("allow")
	m.Eval = s.boolean("eval")
	if limits := s.table("limits"); limits != nil {
		m.Limits = bundles.Limits{
			CPUMillis:   limits.number("cpu_ms"),
			WallMillis:  limits.integer("wall_ms"),
			MemoryMB:    limits.number("memory_mb"),
			Subrequests: limits.number("subrequests"),
			BodyMB:      limits.number("body_mb"),
		}
		limits.refuseRest(topLevel[:]...)
	}
	if vars := s.table("vars"); vars != nil {
		for _, v := range vars.rest() {
			text, ok := v.value.value.(string)
			if !ok {
				vars.wrong(v.value, v.key, "a string, in quotes")
			}
			set(&m.Vars, v.key, text)
		}
	}
	for _, kv := range s.tables("kv") {
		m.KV = append(m.KV, bundles.KVBinding{Binding: kv.text("binding"), Namespace: kv.text("namespace")})
		kv.refuseRest(topLevel[:]...)
	}
	s.skip("$schema")
	if layers := s.skip("layers"); layers != nil {
		doc.report(layers.offset, len("layers"), "layers are not supported yet: import what they hold from a file of the project or from an npm package")
	}
	s.refuseRest()
	return func(field string) string { return field }
}

func set(m *map[string]string, key, value string) {
	if *m == nil {
		*m = make(map[string]string)
	}
	(*m)[key] = value
}
