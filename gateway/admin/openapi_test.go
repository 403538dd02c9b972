package admin_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/gateway/admin"
)

// document is what the tests read of the OpenAPI document.
type document struct {
	OpenAPI  string
	Security []map[string][]string
	Paths    map[string]map[string]struct {
		Summary    string
		Security   *[]map[string][]string // nil: the document's
		Parameters []struct {
			Name, In string
			Required bool
		}
		RequestBody *struct{ Content map[string]any }
		Responses   map[string]any
	}
	Components struct {
		Schemas map[string]struct{ Properties map[string]any }
	}
}

func readDocument(t *testing.T) (document, string) {
	t.Helper()
	a := newNode(t).send("GET", "/v1/openapi.json", "")
	if a.status != 200 || a.header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %v", a.status, a.header)
	}
	var d document
	if err := json.Unmarshal([]byte(a.body), &d); err != nil {
		t.Fatal(err)
	}
	return d, a.body
}

func TestTheDocumentNamesTheEndpoints(t *testing.T) {
	t.Parallel()
	d, _ := readDocument(t)
	if !strings.HasPrefix(d.OpenAPI, "3.1.") || len(d.Security) != 1 {
		t.Errorf("it is OpenAPI %s with the security %v", d.OpenAPI, d.Security)
	}
	var want, got []string
	for _, e := range admin.Endpoints() {
		want = append(want, fmt.Sprint(e.Method, " ", e.Path, " open=", e.Open))
	}
	inPath := regexp.MustCompile(`\{(\w+)\}`)
	for path, operations := range d.Paths {
		for method, o := range operations {
			got = append(got, fmt.Sprint(strings.ToUpper(method), " ", path, " open=", o.Security != nil && len(*o.Security) == 0))
			if o.Summary == "" || o.Responses["default"] == nil {
				t.Errorf("%s %s has no summary, or doesn't say how it fails", method, path)
			}
			var named, asked []string
			for _, p := range o.Parameters {
				if p.In == "path" {
					named = append(named, p.Name)
				}
			}
			for _, m := range inPath.FindAllStringSubmatch(path, -1) {
				asked = append(asked, m[1])
			}
			if !slices.Equal(named, asked) {
				t.Errorf("%s %s has the parameters %v in its path, and describes %v", method, path, asked, named)
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the document has %s\nthe table has %s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestTheDocumentHasTheTypes(t *testing.T) {
	t.Parallel()
	d, text := readDocument(t)
	types := map[string]any{
		"Version": admin.Version{}, "Function": admin.Function{}, "Change": admin.Change{}, "Node": admin.Node{}, "Status": admin.Status{}, "Process": admin.Process{},
		"Invocation": admin.Invocation{}, "Invoked": admin.Invoked{}, "Log": admin.Log{}, "KVKey": admin.KVKey{}, "KVPage": admin.KVPage{}, "Problem": admin.Problem{}, "Quarantined": admin.Quarantined{},
	}
	for name := range d.Components.Schemas {
		if types[name] == nil {
			t.Errorf("the document has a schema %s, which is no type", name)
		}
	}
	for name, v := range types {
		var want []string
		for f := range reflect.TypeOf(v).Fields() {
			tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			want = append(want, tag)
		}
		slices.Sort(want)
		if got := slices.Sorted(maps.Keys(d.Components.Schemas[name].Properties)); !slices.Equal(got, want) {
			t.Errorf("schema %s has %v\nthe type has %v", name, got, want)
		}
	}
	for _, m := range regexp.MustCompile(`"#/components/(\w+)/(\w+)"`).FindAllStringSubmatch(text, -1) {
		if m[1] == "schemas" && types[m[2]] == nil {
			t.Errorf("the document refers to %s, which is not there", m[0])
		}
	}
}
