package admin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/gateway/admin"
	"github.com/skerry-edge/skerry/kv"
)

func TestKVWithAnyKey(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	for name, key := range map[string]string{
		"a word":              "k",
		"slashes":             "/a//b/",
		"dots":                "../../etc/passwd",
		"a dot":               ".",
		"a query":             "a?b=c&key=d#e",
		"percent signs":       "%2F%zz%",
		"a plus and a space":  "a+b c",
		"a semicolon":         "a;b",
		"characters of all":   "é\u0301 \U0001F600 \u202E",
		"control characters":  "\x00\n\r\t\x7f",
		"bytes of no meaning": "\xff\xfe",
		"512 bytes":           strings.Repeat("k", 512),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ns := "n/" + name
			value := []byte("\x00value of " + key)
			if _, err := n.KVGet(t.Context(), ns, key); err == nil {
				t.Error("it is there before it was put")
			} else {
				wantCode(t, err, "not_found", "kv: key not found")
			}
			if err := n.KVPut(t.Context(), ns, key, value, `{"a": "é"}`, time.Hour); err != nil {
				t.Fatal(err)
			}
			stored, err := n.store.Get(t.Context(), ns, key)
			if err != nil || !bytes.Equal(stored.Value, value) {
				t.Errorf("the store has %q, %v", stored.Value, err)
			}
			e, err := n.KVGet(t.Context(), ns, key)
			if err != nil || !bytes.Equal(e.Value, value) || string(e.Metadata) != `{"a":"é"}` || e.Version != stored.Version || e.ExpiresAt.Unix() != stored.ExpiresAt.Unix() {
				t.Errorf("got %+v, %v; want %+v", e, err, stored)
			}
			page, err := n.KVList(t.Context(), ns, "", "", 0)
			if err != nil || len(page.Keys) != 1 || page.Keys[0].Name != strings.ToValidUTF8(key, "\uFFFD") && name != "bytes of no meaning" || page.Keys[0].Expiration != e.ExpiresAt.Unix() {
				t.Errorf("listed %+v, %v", page, err)
			}
			if err := n.KVDelete(t.Context(), ns, key); err != nil {
				t.Fatal(err)
			}
			if _, err := n.store.Get(t.Context(), ns, key); err == nil {
				t.Error("it is there after it was deleted")
			}
			if err := n.KVDelete(t.Context(), ns, key); err != nil {
				t.Errorf("an absent key can't be deleted: %v", err)
			}
		})
	}
}

func TestKVRefusals(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	at := func(q string) string { return "/v1/kv/entry?" + q }
	for _, tc := range []struct {
		name, method, path, body string
		status                   int
		code, detail             string
	}{
		{"no namespace", "GET", at("key=k"), "", 422, "invalid", "the query needs namespace and key"},
		{"no key", "PUT", at("namespace=n"), "v", 422, "invalid", "the query needs namespace and key"},
		{"a key that is not encoded", "DELETE", at("namespace=n&key=%zz"), "", 422, "invalid", "the query needs namespace and key"},
		{"an empty namespace", "GET", at("namespace=&key=k"), "", 422, "invalid", "namespace is empty"},
		{"an empty key", "GET", at("namespace=n&key="), "", 422, "invalid", "key is empty"},
		{"an empty key to write", "PUT", at("namespace=n&key="), "v", 422, "invalid", "key is empty"},
		{"an empty key to delete", "DELETE", at("namespace=n&key="), "", 422, "invalid", "key is empty"},
		{"a long key", "GET", at("namespace=n&key=" + strings.Repeat("k", 513)), "", 422, "invalid", "key is 513 bytes long, more than the 512 allowed"},
		{"a long namespace", "GET", at("key=k&namespace=" + strings.Repeat("n", 513)), "", 422, "invalid", "namespace is 513 bytes long"},
		{"an absent key", "GET", at("namespace=n&key=absent"), "", 404, "not_found", "key not found"},
		{"a ttl of 0", "PUT", at("namespace=n&key=k&ttl=0"), "v", 422, "invalid", `ttl "0"`},
		{"a negative ttl", "PUT", at("namespace=n&key=k&ttl=-1"), "v", 422, "invalid", `ttl "-1"`},
		{"a ttl that is no number", "PUT", at("namespace=n&key=k&ttl=1h"), "v", 422, "invalid", `ttl "1h": a number of seconds above 0`},
		{"a ttl without an end", "PUT", at("namespace=n&key=k&ttl=inf"), "v", 422, "invalid", `ttl "inf"`},
		{"a ttl past what can be counted", "PUT", at("namespace=n&key=k&ttl=9300000000"), "v", 422, "invalid", `ttl "9300000000"`},
		{"an expiration in the past", "PUT", at("namespace=n&key=k&expiration=1"), "v", 422, "invalid", `expiration "1": a time to come`},
		{"an expiration that is no number", "PUT", at("namespace=n&key=k&expiration=soon"), "v", 422, "invalid", `expiration "soon"`},
		{"an expiration in milliseconds", "PUT", at("namespace=n&key=k&expiration=1900000000000"), "v", 422, "invalid", "expiration"},
		{"an expiration past what can be counted", "PUT", at("namespace=n&key=k&expiration=9223372036854775807"), "v", 422, "invalid", "expiration"},
		{"ttl and expiration", "PUT", at("namespace=n&key=k&ttl=1&expiration=1900000000"), "v", 422, "invalid", "ttl and expiration exclude each other"},
		{"a large value", "PUT", at("namespace=n&key=k"), strings.Repeat("v", kv.ValueBytesMax+1), 413, "body_too_large", "a value may have 26214400 bytes at most"},
		{"a listing without namespace", "GET", "/v1/kv/keys", "", 422, "invalid", "the query needs namespace"},
		{"a listing of an empty namespace", "GET", "/v1/kv/keys?namespace=", "", 422, "invalid", "namespace is empty"},
		{"a limit of 0", "GET", "/v1/kv/keys?namespace=n&limit=0", "", 422, "invalid", `limit "0": a number from 1 to 1000 is needed`},
		{"a limit of 1001", "GET", "/v1/kv/keys?namespace=n&limit=1001", "", 422, "invalid", "limit is 1001, not 1 to 1000"},
		{"a limit that is no number", "GET", "/v1/kv/keys?namespace=n&limit=x", "", 422, "invalid", `limit "x"`},
		{"a cursor that is none", "GET", "/v1/kv/keys?namespace=n&cursor=x", "", 422, "invalid", "cursor is not one that a listing of this namespace"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			wantProblem(t, n.send(tc.method, tc.path, tc.body), tc.status, tc.code, tc.detail)
			if page, err := n.store.List(t.Context(), "n", kv.Query{}); err != nil || len(page.Keys) > 0 {
				t.Errorf("the store has %v, %v", page.Keys, err)
			}
		})
	}
}

func TestKVValuesOfAnySize(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	for _, size := range []int{0, 1, kv.ValueBytesMax} {
		value := bytes.Repeat([]byte{0xff}, size)
		if err := n.KVPut(t.Context(), "n", "k", value, "", 0); err != nil {
			t.Fatal(err)
		}
		e, err := n.KVGet(t.Context(), "n", "k")
		if err != nil || !bytes.Equal(e.Value, value) || e.Metadata != nil || !e.ExpiresAt.IsZero() {
			t.Errorf("%d bytes: got %d, metadata %s, expiry %v, %v", size, len(e.Value), e.Metadata, e.ExpiresAt, err)
		}
	}
}

func TestKVMetadata(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	for _, tc := range []struct{ name, metadata, want, code string }{
		{"an object", `{"a":1}`, `{"a":1}`, ""},
		{"on several lines", "{\n\t\"a\": 1\r\n}", `{"a":1}`, ""},
		{"characters that a header can't have", "\"\x7f\"", `"\u007f"`, ""},
		{"characters beyond ASCII", `"é` + "\U0001F600" + `"`, `"é` + "\U0001F600" + `"`, ""},
		{"a large number", `12345678901234567890`, `12345678901234567890`, ""},
		{"no JSON", `{`, "", "invalid"},
		{"two documents", `1 2`, "", "invalid"},
		{"too much", `"` + strings.Repeat("x", kv.MetadataBytesMax-1) + `"`, "", "invalid"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			err := n.KVPut(t.Context(), "n", tc.name, nil, tc.metadata, 0)
			if tc.code != "" {
				wantCode(t, err, tc.code, "metadata")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			e, err := n.KVGet(t.Context(), "n", tc.name)
			if err != nil || string(e.Metadata) != tc.want {
				t.Errorf("got %s, %v; want %s", e.Metadata, err, tc.want)
			}
		})
	}
	a := n.send("PUT", "/v1/kv/entry?namespace=n&key=k", "v", func(r *http.Request) { r.Header.Set(admin.MetadataHeader, "{") })
	wantProblem(t, a, 422, "invalid", "the metadata is no JSON: {")
	// A function's metadata may be on several lines too, if another program wrote it.
	if _, err := n.store.Put(t.Context(), "n", "lines", kv.Entry{Metadata: []byte("[1,\n2]")}); err != nil {
		t.Fatal(err)
	}
	if e, err := n.KVGet(t.Context(), "n", "lines"); err != nil || string(e.Metadata) != "[1,2]" {
		t.Errorf("got %s, %v", e.Metadata, err)
	}
}

func TestKVPages(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	for i := range 25 {
		if err := n.KVPut(t.Context(), "n", fmt.Sprintf("a%02d", i), nil, "", 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.KVPut(t.Context(), "n", "b", nil, `{"x":[1]}`, 0); err != nil {
		t.Fatal(err)
	}
	var names []string
	for cursor := ""; ; {
		page, err := n.KVList(t.Context(), "n", "a", cursor, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range page.Keys {
			names = append(names, k.Name)
		}
		if page.Complete != (page.Cursor == "") || len(page.Keys) > 10 {
			t.Errorf("a page of %d, complete %v, cursor %q", len(page.Keys), page.Complete, page.Cursor)
		}
		if cursor = page.Cursor; cursor == "" {
			break
		}
	}
	if len(names) != 25 || names[0] != "a00" || names[24] != "a24" {
		t.Errorf("listed %v", names)
	}
	if a := n.send("GET", "/v1/kv/keys?namespace=n&prefix=b", ""); a.body != `{"keys":[{"name":"b","metadata":{"x":[1]}}],"list_complete":true}`+"\n" {
		t.Errorf("as JSON: %s", a.body)
	}
	if a := n.send("GET", "/v1/kv/keys?namespace=empty", ""); a.body != `{"keys":[],"list_complete":true}`+"\n" {
		t.Errorf("a namespace without keys: %s", a.body)
	}
}

// brokenKV fails whatever is asked.
type brokenKV struct {
	kv.Store
	err error
}

func (b brokenKV) Get(context.Context, string, string) (kv.Entry, error) { return kv.Entry{}, b.err }
func (b brokenKV) Put(context.Context, string, string, kv.Entry) (kv.Version, error) {
	return "", b.err
}
func (b brokenKV) Delete(context.Context, string, string) error            { return b.err }
func (b brokenKV) List(context.Context, string, kv.Query) (kv.Page, error) { return kv.Page{}, b.err }

func TestKVOfABrokenStore(t *testing.T) {
	t.Parallel()
	for err, code := range map[error]string{kv.ErrUnavailable: "store_unavailable", kv.ErrFull: "store_full", kv.ErrCorrupt: "internal"} {
		n := newNode(t, func(c *admin.Config) { c.KV = brokenKV{err: fmt.Errorf("in the test: %w", err)} })
		_, got := n.KVGet(t.Context(), "n", "k")
		wantCode(t, got, code, "in the test")
		wantCode(t, n.KVPut(t.Context(), "n", "k", nil, "", 0), code, "in the test")
		wantCode(t, n.KVDelete(t.Context(), "n", "k"), code, "in the test")
		_, got = n.KVList(t.Context(), "n", "", "", 0)
		wantCode(t, got, code, "in the test")
	}
}

func TestSkerrysOwnKeysAreOutOfReach(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.push("shop", `return new Response()`)
	if page, err := n.system.List(t.Context(), "skerry:catalog", kv.Query{}); err != nil || len(page.Keys) == 0 {
		t.Fatalf("the catalog is elsewhere: %v, %v", page.Keys, err)
	}
	if a := n.send("GET", "/v1/kv/keys?namespace="+url.QueryEscape("skerry:catalog"), ""); a.body != `{"keys":[],"list_complete":true}`+"\n" {
		t.Errorf("the catalog can be listed: %s", a.body)
	}
}

func FuzzMetadataHeader(f *testing.F) {
	for _, s := range []string{`{}`, "{\n\"a\":\t\"\x7f\\n\"}", `"é"`, `[`, "\"\xff\"", `"\ud800"`, "1\n", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, metadata string) {
		line, err := admin.MetadataLine([]byte(metadata))
		if (err == nil) != json.Valid([]byte(metadata)) {
			t.Fatalf("%q: %v", metadata, err)
		}
		if err != nil {
			return
		}
		for _, c := range []byte(line) {
			if c < ' ' || c == 0x7f {
				t.Errorf("%q: the header has the byte %#x: %q", metadata, c, line)
			}
		}
		var a, b any
		if json.Unmarshal([]byte(metadata), &a) != nil {
			return // a number too large for Go to hold
		}
		if err := json.Unmarshal([]byte(line), &b); err != nil || fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("%q became %q, %v", metadata, line, err)
		}
	})
}
