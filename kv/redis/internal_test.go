package redis

import (
	"bytes"
	"errors"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/redis/redistest"
)

func TestKeyspaceIsInjective(t *testing.T) {
	t.Parallel()
	// Names made of what the encoding is made of collide if anything does.
	name := rapid.Custom(func(t *rapid.T) string {
		pieces := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom([]string{"{", "}", ":", "1", "12", ":k:", ":i", ":x", "}:k:", "skerry"}), rapid.StringN(0, 2, -1)), 1, 4).Draw(t, "pieces")
		return strings.Join(pieces, "")
	})
	prefix := rapid.StringMatching(prefixes.String())
	rapid.Check(t, func(rt *rapid.T) {
		type place struct{ prefix, ns, kind, key string }
		a := place{prefix.Draw(rt, "prefix"), name.Draw(rt, "ns"), "value", name.Draw(rt, "key")}
		b := place{prefix.Draw(rt, "prefix"), name.Draw(rt, "ns"), rapid.SampledFrom([]string{"value", "index", "expiring"}).Draw(rt, "kind"), name.Draw(rt, "key")}
		if rapid.Bool().Draw(rt, "same prefix") {
			b.prefix = a.prefix
		}
		if rapid.Bool().Draw(rt, "same namespace") {
			b.ns = a.ns
		}
		encode := func(p place) string {
			k := keyspace{p.prefix}
			switch p.kind {
			case "index":
				return k.index(p.ns)
			case "expiring":
				return k.expiring(p.ns)
			default:
				return k.value(p.ns, p.key)
			}
		}
		if a != b && encode(a) == encode(b) {
			rt.Fatalf("%+v and %+v are both %q", a, b, encode(a))
		}
		k := keyspace{a.prefix}
		if slot(k.value(a.ns, a.key)) != slot(k.index(a.ns)) || slot(k.index(a.ns)) != slot(k.expiring(a.ns)) {
			rt.Fatalf("the keys of namespace %q are in several slots", a.ns)
		}
	})
}

// slot returns the hash tag by which a Cluster finds the slot of a key.
//
// Spec: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
func slot(key string) string {
	_, rest, ok := strings.Cut(key, "{")
	tag, _, closed := strings.Cut(rest, "}")
	if !ok || !closed || tag == "" {
		return key
	}
	return tag
}

func TestLexEnd(t *testing.T) {
	t.Parallel()
	for prefix, want := range map[string]string{"": "+", "a": "(b", "az": "(a{", "a\xff": "(b", "a\xff\xff": "(b", "\xff": "+", "\xff\xff": "+", "\x00": "(\x01", "\xfe\xff": "(\xff"} {
		if got := lexEnd(prefix); got != want {
			t.Errorf("lexEnd(%q) = %q, want %q", prefix, got, want)
		}
	}
}

func TestAddAgainstBigIntegers(t *testing.T) {
	t.Parallel()
	s, err := Open(Config{URL: redistest.Start(t).URL, Timeout: 1 << 40})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	random := rand.New(rand.NewPCG(1, 2))
	draw := func() int64 { // every length and sign, and the neighbours of round numbers
		n := int64(random.Uint64()) >> random.IntN(64)
		if random.IntN(3) == 0 {
			n = n/1e9*1e9 + int64(random.IntN(5)-2)
		}
		return n
	}
	for range 3000 {
		before, delta := draw(), draw()
		if _, err := s.Put(t.Context(), "ns", "n", kv.Entry{Value: strconv.AppendInt(nil, before, 10)}); err != nil {
			t.Fatal(err)
		}
		want := new(big.Int).Add(big.NewInt(before), big.NewInt(delta))
		got, err := s.Add(t.Context(), "ns", "n", delta)
		switch {
		case !want.IsInt64():
			if !errors.Is(err, kv.ErrOverflow) {
				t.Errorf("%d + %d = %d, %v; want ErrOverflow", before, delta, got, err)
			}
		case err != nil || got != want.Int64():
			t.Errorf("%d + %d = %d, %v; want %v", before, delta, got, err, want)
		}
	}
}

func FuzzRecord(f *testing.F) {
	const name = "{skerry:2:ns}:k:key"
	whole := newRecord(name, newVersion(), kv.Entry{Value: []byte("value"), Metadata: []byte("{}")})
	f.Add([]byte(whole))
	f.Add([]byte(whole[:metaAt]))
	f.Add([]byte(whole[:metaAt+1]))
	f.Add([]byte{})
	f.Add(append(slices.Clone([]byte(whole)), 0))
	f.Add(bytes.Repeat([]byte{0xff}, metaAt))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := record(b)
		if err := r.check(name); err != nil {
			if !errors.Is(err, kv.ErrCorrupt) {
				t.Errorf("check: %v, want ErrCorrupt", err)
			}
			return
		}
		again := newRecord(name, r.version(), kv.Entry{Value: r.value(), Metadata: r.metadata(), ExpiresAt: kv.FromMillis(r.expiresAt())})
		// An expiry before 1970, which nothing writes, doesn't come back as it was.
		if r.expiresAt() >= 0 && !bytes.Equal(again, r) {
			t.Errorf("%q was read and written as %q", r, again)
		}
	})
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	good := "# Server\r\nredis_version:7.0.15\r\n# Memory\r\nmaxmemory:100\r\nmaxmemory_policy:noeviction\r\n# Persistence\r\naof_enabled:1\r\n"
	for _, tc := range []struct {
		name, old, new string
		want           string // of the only warning; empty: none
	}{
		{"all is well", "", "", ""},
		{"no append-only file", "aof_enabled:1", "aof_enabled:0", "appendonly"},
		{"eviction", "noeviction", "allkeys-lru", "maxmemory-policy"},
		{"eviction of the volatile", "noeviction", "volatile-ttl", "maxmemory-policy"},
		{"a policy without a bound", "100\r\nmaxmemory_policy:noeviction", "0\r\nmaxmemory_policy:allkeys-lru", ""},
		{"too old", "7.0.15", "6.0.16", "older than 6.2"},
		{"old enough", "7.0.15", "6.2.0", ""},
		{"a version of another kind", "7.0.15", "unstable", ""},
		{"nothing known", good, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := warningsOf(parseInfo(strings.Replace(good, tc.old, tc.new, 1)))
			if tc.want == "" && len(got) != 0 || tc.want != "" && (len(got) != 1 || !strings.Contains(got[0], tc.want)) {
				t.Errorf("warnings are %q, want one with %q", got, tc.want)
			}
		})
	}
}
