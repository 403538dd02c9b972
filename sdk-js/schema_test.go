package sdkjs_test

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
)

// schema is the part of JSON Schema that manifest.schema.json is written in.
type schema struct {
	Properties map[string]schema `json:"properties"`
	Items      *schema           `json:"items"`
	Enum       []string          `json:"enum"`
	Default    any               `json:"default"`
	Maximum    float64           `json:"maximum"`
}

func readSchema(t *testing.T) schema {
	t.Helper()
	text, err := os.ReadFile("manifest.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var s schema
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSchemaHasTheManifestsKeys holds the schema that editors use against what is parsed.
func TestSchemaHasTheManifestsKeys(t *testing.T) {
	t.Parallel()
	s := readSchema(t)
	// The file has two keys more than the manifest of a bundle: where the code begins,
	// and where the schema is.
	wantKeys(t, "the manifest", s, reflect.TypeFor[bundles.Manifest](), "main", "$schema")
	wantKeys(t, "limits", s.Properties["limits"], reflect.TypeFor[bundles.Limits]())
	wantKeys(t, "kv", *s.Properties["kv"].Items, reflect.TypeFor[bundles.KVBinding]())
}

func wantKeys(t *testing.T, what string, s schema, typ reflect.Type, more ...string) {
	t.Helper()
	want := more
	for i := range typ.NumField() {
		key, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		want = append(want, key)
	}
	var got []string
	for key := range s.Properties {
		got = append(got, key)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the schema's keys of %s\n got %q\nwant %q", what, got, want)
	}
}

func TestSchemaHasTheManifestsBounds(t *testing.T) {
	t.Parallel()
	s := readSchema(t)
	limits := s.Properties["limits"].Properties
	for _, tc := range []struct {
		name       string
		in         schema
		most, zero int
	}{
		{"prewarm", s.Properties["prewarm"], bundles.PrewarmMax, 0},
		{"concurrency", s.Properties["concurrency"], bundles.ConcurrencyMax, bundles.ConcurrencyDefault},
		{"limits.cpu_ms", limits["cpu_ms"], bundles.CPUMillisMax, bundles.CPUMillisDefault},
		{"limits.wall_ms", limits["wall_ms"], bundles.WallMillisMax, bundles.WallMillisDefault},
		{"limits.memory_mb", limits["memory_mb"], bundles.MemoryMBMax, bundles.MemoryMBDefault},
		{"limits.subrequests", limits["subrequests"], bundles.SubrequestsMax, bundles.SubrequestsDefault},
		{"limits.body_mb", limits["body_mb"], bundles.BodyMBMax, bundles.BodyMBDefault},
	} {
		if tc.in.Maximum != float64(tc.most) || tc.in.Default != float64(tc.zero) {
			t.Errorf("%s: maximum %v, default %v; want %v and %v", tc.name, tc.in.Maximum, tc.in.Default, tc.most, tc.zero)
		}
	}
	want := []string{string(bundles.IsolationEvent), string(bundles.IsolationReuse)}
	if got := s.Properties["isolation"]; !slices.Equal(got.Enum, want) || got.Default != want[0] {
		t.Errorf("isolation: %q, default %v; want %q, the first being the default", got.Enum, got.Default, want)
	}
}
