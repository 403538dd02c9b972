package bundles_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
)

func TestWithDefaults(t *testing.T) {
	t.Parallel()
	got := bundles.Manifest{Name: "shop"}.WithDefaults()
	wall := 30_000
	want := bundles.Manifest{
		Name: "shop", Isolation: bundles.IsolationEvent, Concurrency: 200,
		Limits: bundles.Limits{CPUMillis: 50, WallMillis: &wall, MemoryMB: 64, Subrequests: 50, BodyMB: 10},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if again := got.WithDefaults(); !reflect.DeepEqual(again, got) {
		t.Errorf("defaults of defaults: %+v", again)
	}
}

func TestWithDefaultsKeepsWhatIsSet(t *testing.T) {
	t.Parallel()
	zero := 0
	m := bundles.Manifest{Name: "shop", Isolation: bundles.IsolationReuse, Concurrency: 3, Limits: bundles.Limits{CPUMillis: 7, WallMillis: &zero}}
	got := m.WithDefaults()
	if got.Isolation != bundles.IsolationReuse || got.Concurrency != 3 || got.Limits.CPUMillis != 7 || *got.Limits.WallMillis != 0 {
		t.Errorf("got %+v", got)
	}
	if m.Limits.MemoryMB != 0 {
		t.Error("the receiver was changed")
	}
}

// edited returns a valid manifest after edit.
func edited(edit func(*bundles.Manifest)) bundles.Manifest {
	wall := 1000
	m := bundles.Manifest{
		Name:      "shop-2",
		Isolation: bundles.IsolationReuse,
		Routes:    []string{"shop.example.com/*", "*.example.com", "example.com/api/v1", "*/x%20y*", "LOCALHOST", "127.0.0.1/*", "[::1]/*", "a_b.test/(x)"},
		Prewarm:   8, Concurrency: 200,
		Limits: bundles.Limits{CPUMillis: 30_000, WallMillis: &wall, MemoryMB: 512, Subrequests: 50, BodyMB: 10_240},
		Vars:   map[string]string{"GREETING": "hello", "$x_1": ""},
		KV:     []bundles.KVBinding{{Binding: "KV", Namespace: "shop"}, {Binding: "KV2", Namespace: "shop"}},
		Allow:  []string{"api.example.com:443", "*.example.com:443", "*:80", "10.0.0.0/8:*", "[::1]:9000"},
		Eval:   true,
	}
	edit(&m)
	return m
}

func TestValidateAcceptsWhatIsRight(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]bundles.Manifest{
		"a name alone": {Name: "a"},
		"everything":   edited(func(*bundles.Manifest) {}),
		"defaults":     bundles.Manifest{Name: strings.Repeat("a", 63)}.WithDefaults(),
	} {
		if err := m.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestValidateNamesTheFieldAtFault(t *testing.T) {
	t.Parallel()
	long := -1
	for _, tc := range []struct {
		name  string
		edit  func(*bundles.Manifest)
		field string
		says  string
	}{
		{"no name", func(m *bundles.Manifest) { m.Name = "" }, "name", "is missing"},
		{"a long name", func(m *bundles.Manifest) { m.Name = strings.Repeat("a", 64) }, "name", "64 characters long"},
		{"upper case", func(m *bundles.Manifest) { m.Name = "Shop" }, "name", "lower-case letters"},
		{"a dot in the name", func(m *bundles.Manifest) { m.Name = "a.b" }, "name", "hyphens only"},
		{"a hyphen at the end", func(m *bundles.Manifest) { m.Name = "a-" }, "name", "begin or end"},
		{"a name that is not ASCII", func(m *bundles.Manifest) { m.Name = "bär" }, "name", "letters"},
		{"an unknown isolation", func(m *bundles.Manifest) { m.Isolation = "request" }, "isolation", `write "event" or "reuse"`},
		{"a scheme", func(m *bundles.Manifest) { m.Routes = []string{"https://a.test/*"} }, "routes[0]", `"a.test/*"`},
		{"a port", func(m *bundles.Manifest) { m.Routes = []string{"a.test", "a.test:80/"} }, "routes[1]", "leave the port out"},
		{"a path alone", func(m *bundles.Manifest) { m.Routes = []string{"/api/*"} }, "routes[0]", "begins with a host"},
		{"a star inside the path", func(m *bundles.Manifest) { m.Routes = []string{"a.test/*/b"} }, "routes[0]", "at its end"},
		{"a star inside the host", func(m *bundles.Manifest) { m.Routes = []string{"a.*.test/"} }, "routes[0]", "before a dot"},
		{"a query", func(m *bundles.Manifest) { m.Routes = []string{"a.test/?x"} }, "routes[0]", "query"},
		{"a space", func(m *bundles.Manifest) { m.Routes = []string{"a.test/a b"} }, "routes[0]", "%20"},
		{"an empty label", func(m *bundles.Manifest) { m.Routes = []string{"a..test/"} }, "routes[0]", "between dots"},
		{"a name of another script", func(m *bundles.Manifest) { m.Routes = []string{"bär.test/"} }, "routes[0]", "xn--"},
		{"brackets around a name", func(m *bundles.Manifest) { m.Routes = []string{"[localhost]/"} }, "routes[0]", "IPv6"},
		{"a route twice", func(m *bundles.Manifest) { m.Routes = []string{"a.test", "b.test", "a.test"} }, "routes[2]", "same as routes[0]"},
		{"too many routes", func(m *bundles.Manifest) { m.Routes = make([]string, 1001) }, "routes", "1001"},
		{"a long route", func(m *bundles.Manifest) { m.Routes = []string{"a.test/" + strings.Repeat("a", 2048)} }, "routes[0]", "2055 characters"},
		{"a negative number", func(m *bundles.Manifest) { m.Prewarm = -1 }, "prewarm", "negative"},
		{"much concurrency", func(m *bundles.Manifest) { m.Concurrency = 10_001 }, "concurrency", "10000"},
		{"much CPU", func(m *bundles.Manifest) { m.Limits.CPUMillis = 30_001 }, "limits.cpu_ms", "30001, more than the 30000"},
		{"a negative wall", func(m *bundles.Manifest) { m.Limits.WallMillis = &long }, "limits.wall_ms", "negative"},
		{"much memory", func(m *bundles.Manifest) { m.Limits.MemoryMB = 513 }, "limits.memory_mb", "512"},
		{"many subrequests", func(m *bundles.Manifest) { m.Limits.Subrequests = 1001 }, "limits.subrequests", "1000"},
		{"a large body", func(m *bundles.Manifest) { m.Limits.BodyMB = 10_241 }, "limits.body_mb", "10240"},
		{"a variable's name", func(m *bundles.Manifest) { m.Vars = map[string]string{"a-b": ""} }, "vars", `"a-b"`},
		{"a prototype", func(m *bundles.Manifest) { m.Vars = map[string]string{"__proto__": ""} }, "vars", "__proto__"},
		{"a digit first", func(m *bundles.Manifest) { m.KV[0].Binding = "1KV" }, "kv[0].binding", "digit"},
		{"no binding", func(m *bundles.Manifest) { m.KV[1].Binding = "" }, "kv[1].binding", "missing"},
		{"no namespace", func(m *bundles.Manifest) { m.KV[1].Namespace = "" }, "kv[1].namespace", "1 to 512"},
		{"one name twice", func(m *bundles.Manifest) { m.KV[1].Binding = "KV" }, "kv[1].binding", "so is kv[0].binding"},
		{"a variable and a binding", func(m *bundles.Manifest) { m.KV[0].Binding = "GREETING" }, "kv[0].binding", "so is vars.GREETING"},
		{"a value that is not text", func(m *bundles.Manifest) { m.Vars["GREETING"] = "\xff" }, "vars.GREETING", "UTF-8"},
		{"large values", func(m *bundles.Manifest) { m.Vars["GREETING"] = strings.Repeat("a", 256<<10) }, "vars", "KV"},
		{"no port to allow", func(m *bundles.Manifest) { m.Allow = []string{"api.example.com"} }, "allow[0]", "host:port"},
		{"a URL to allow", func(m *bundles.Manifest) { m.Allow = []string{"https://api.example.com:443"} }, "allow[0]", "scheme"},
		{"port zero", func(m *bundles.Manifest) { m.Allow = []string{"a:0"} }, "allow[0]", "65535"},
		{"a host with a space", func(m *bundles.Manifest) { m.Allow = []string{"a b:1"} }, "allow[0]", "network"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			err := edited(tc.edit).Validate()
			var wrong *bundles.ManifestError
			if !errors.As(err, &wrong) || len(wrong.Fields) != 1 {
				t.Fatalf("got %v, want one field at fault", err)
			}
			if f := wrong.Fields[0]; f.Field != tc.field || !strings.Contains(f.Problem, tc.says) {
				t.Errorf("got %q %q\nwant %q with %q", f.Field, f.Problem, tc.field, tc.says)
			}
		})
	}
}

func TestValidateNamesAllFieldsAtFault(t *testing.T) {
	t.Parallel()
	err := bundles.Manifest{Name: "A", Isolation: "x", Limits: bundles.Limits{CPUMillis: -1}}.Validate()
	for _, field := range []string{"name", "isolation", "limits.cpu_ms"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s is not in %v", field, err)
		}
	}
}

func TestParseManifest(t *testing.T) {
	t.Parallel()
	wall := 0
	want := bundles.Manifest{
		Name: "shop", Isolation: "reuse", Routes: []string{"a/*"}, Prewarm: 1, Concurrency: 2, Eval: true,
		Limits: bundles.Limits{CPUMillis: 1, WallMillis: &wall, MemoryMB: 2, Subrequests: 3, BodyMB: 4},
		Vars:   map[string]string{"a": "b"}, KV: []bundles.KVBinding{{Binding: "KV", Namespace: "n"}}, Allow: []string{"a:1"},
	}
	got, err := bundles.ParseManifest([]byte(`{"name": "shop", "isolation": "reuse", "routes": ["a/*"], "prewarm": 1, "concurrency": 2,
		"limits": {"cpu_ms": 1, "wall_ms": 0, "memory_mb": 2, "subrequests": 3, "body_mb": 4},
		"vars": {"a": "b"}, "kv": [{"binding": "KV", "namespace": "n"}], "allow": ["a:1"], "eval": true}`))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestParseManifestRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, text, want string }{
		{"nothing", ``, "not JSON"},
		{"half of an object", `{"name": "a"`, "not JSON"},
		{"an array", `[]`, "must be an object"},
		{"a number", `7`, "must be an object"},
		{"what follows", `{"name": "a"} {}`, "follows its end"},
		{"an unknown key", `{"name": "a", "xyzzy": {"deep": [1]}, "prewarn": 1}`, `xyzzy is not a key of the manifest; known are name,`},
		{"all unknown keys", `{"name": "a", "xyzzy": 1, "prewarn": 1}`, `prewarn is not a key of the manifest; did you mean "prewarm"?`},
		{"an unknown key below", `{"limits": {"cpu_sm": 1}}`, `limits.cpu_sm is not a key of the manifest; did you mean "cpu_ms"?`},
		{"an unknown key in a list", `{"kv": [{"binding": "a", "name": "b"}]}`, "kv[0].name is not a key"},
		{"another case", `{"Name": "a"}`, `did you mean "name"?`},
		{"a key twice", `{"name": "a", "name": "b"}`, "name is there twice"},
		{"a variable twice", `{"vars": {"a": "1", "a": "2"}}`, "vars.a is there twice"},
		{"null", `{"name": null}`, "name is null"},
		{"a string for a number", `{"limits": {"cpu_ms": "50"}}`, "limits.cpu_ms must be a whole number, not string"},
		{"a fraction", `{"prewarm": 1.5}`, "prewarm must be a whole number, not number 1.5"},
		{"a number for a string", `{"vars": {"a": 1}}`, "must be a string, not number"},
		{"a string for a list", `{"routes": "a/*"}`, "routes must be an array"},
		{"an object for a string", `{"name": {"a": [{}]}}`, "name must be a string"},
		{"too much", `{"name": "` + strings.Repeat("a", 256<<10) + `"}`, "too large"},
		{"great depth", `{"xyzzy": ` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`, "xyzzy is not a key"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if _, err := bundles.ParseManifest([]byte(tc.text)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v\nwant %q in it", err, tc.want)
			}
		})
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"name", "routes", "prewarm", "kv", "eval"}
	for name, want := range map[string]string{
		"nmae": "name", "route": "routes", "Routes": "routes", "prewram": "prewarm", "kvs": "kv", "vk": "kv", "evla": "eval", "pre": "prewarm", "pr": "",
		"": "", "x": "", "compatibility_date": "",
	} {
		if got := bundles.Nearest(name, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}

func FuzzParseManifest(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"name":"a","limits":{"wall_ms":0},"kv":[{"binding":"a","namespace":"b"}]}`, `{"kv":[[{}]]}`, `{"a":{"b":[]},"a":1}`, `nul`, `{"vars":{"":""}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := bundles.ParseManifest(data)
		if err != nil {
			return
		}
		b := &bundles.Bundle{Manifest: m}
		again, err := bundles.Decode(bundles.Encode(b))
		if err != nil {
			t.Fatalf("what was parsed can't be encoded: %v", err)
		}
		if got, want := fmt.Sprintf("%+v", again.Digest()), fmt.Sprintf("%+v", b.Digest()); got != want {
			t.Errorf("digest %s became %s", want, got)
		}
		if m.Validate() == nil {
			if err := m.WithDefaults().Validate(); err != nil {
				t.Errorf("valid, but not with defaults: %v", err)
			}
		}
	})
}
