package supervise

import (
	"bytes"
	"testing"
	"time"
)

func FuzzDecodeQuarantine(f *testing.F) {
	good, err := encodeQuarantine([]Quarantined{{Function: "shop", Digest: 1, Since: time.Unix(1, 0).UTC(), Cause: "x", Workers: 1}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(quarantineMagic))
	f.Add([]byte("skerry-quarantine 1 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := decodeQuarantine(data)
		if err != nil {
			if len(entries) > 0 {
				t.Errorf("%d entries with %v", len(entries), err)
			}
			return
		}
		again, err := encodeQuarantine(entries)
		if err != nil {
			t.Fatal(err)
		}
		third, err := decodeQuarantine(again)
		if err != nil {
			t.Fatal(err)
		}
		last, _ := encodeQuarantine(third)
		if !bytes.Equal(last, again) {
			t.Errorf("%q reads as something else than it was written from", again)
		}
	})
}
