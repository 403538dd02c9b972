package replicate

import (
	"bytes"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/bundles"
)

func FuzzState(f *testing.F) {
	serving := &Serving{Catalog: "c", Revision: 7, Functions: []Function{{
		Name: "shop", Routes: []string{"example.com/*"}, Lost: []string{"example.com/*"},
		Live: []Live{{Percent: 100, Record: "r", Version: bundles.Version{
			Function: "shop", Number: 3, Digest: bundles.DigestOf(nil), Created: time.Unix(0, 0).UTC(),
			Manifest: bundles.Manifest{Name: "shop", Routes: []string{"example.com/*"}},
		}}},
	}}}
	good, err := encodeState(serving)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	for _, body := range []string{"", "null", "{}", "[]", `{"functions":[{"name":"shop","live":[]}]}`, `{"x":1}`, `{}{}`} {
		f.Add(append(stateHead([]byte(body)), body...))
	}
	f.Add([]byte("skerry-serving 1 \n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := decodeState(data)
		if err != nil {
			return
		}
		got.Versions() // must not panic
		got.wanted()
		again, err := encodeState(got)
		if err != nil {
			t.Fatal(err)
		}
		back, err := decodeState(again)
		if err != nil {
			t.Fatalf("%q, written by encodeState: %v", again, err)
		}
		if third, err := encodeState(back); err != nil || !bytes.Equal(third, again) {
			t.Errorf("%q is written and read again as %q, %v", again, third, err)
		}
	})
}
