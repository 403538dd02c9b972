package remote

import (
	"bytes"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/skerry-edge/skerry/kv"
)

func TestRequestsKeepWithinTheirCost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawRequest(t)
		b := append(r.appendHead(nil), r.entry.Value...)
		if int64(callBytes+len(b)) > r.cost() {
			t.Fatalf("a request of %d bytes costs %d", len(b), r.cost())
		}
		back, ok := decodeRequest(b)
		if r.op == putOp || r.op == swapOp {
			r.entry.Value = append([]byte{}, r.entry.Value...) // empty and nil are one
		}
		if !ok || !reflect.DeepEqual(back, r) {
			t.Fatalf("%+v came back as %+v, %t", r, back, ok)
		}
	})
}

// drawRequest returns a request with arguments past the limits, too.
func drawRequest(t *rapid.T) request {
	text := rapid.OneOf(rapid.StringN(0, 5, -1), rapid.Just(string(make([]byte, 600))))
	r := request{op: rapid.SampledFrom([]operation{getOp, putOp, deleteOp, listOp, swapOp, addOp}).Draw(t, "op"), ns: text.Draw(t, "ns")}
	if r.op == listOp {
		r.query = kv.Query{Prefix: text.Draw(t, "prefix"), Cursor: text.Draw(t, "cursor"), Limit: rapid.IntRange(0, 1000).Draw(t, "limit")}
		return r
	}
	r.key = text.Draw(t, "key")
	switch r.op {
	case swapOp:
		r.old = kv.Version(text.Draw(t, "old"))
		fallthrough
	case putOp:
		r.entry.ExpiresAt = kv.FromMillis(rapid.Int64Min(0).Draw(t, "expiry"))
		r.entry.Value = rapid.SliceOf(rapid.Byte()).Draw(t, "value")
		if metadata := text.Draw(t, "metadata"); metadata != "" {
			r.entry.Metadata = []byte(metadata)
		}
	case addOp:
		r.delta = rapid.Int64().Draw(t, "delta")
	}
	return r
}

func TestLargestMessagesFit(t *testing.T) {
	t.Parallel()
	name := string(bytes.Repeat([]byte("n"), kv.KeyBytesMax))
	entry := kv.Entry{
		Value: make([]byte, kv.ValueBytesMax), Metadata: make([]byte, kv.MetadataBytesMax),
		ExpiresAt: kv.FromMillis(253402300799999), Version: kv.Version(make([]byte, versionBytesMax)),
	}
	swap := request{op: swapOp, ns: name, key: name, old: entry.Version, entry: entry}
	if n := len(swap.appendHead(nil)) + len(entry.Value); n > messageBytesMax || swap.cost() > costMax {
		t.Errorf("the largest request has %d bytes and costs %d; %d and %d are allowed", n, swap.cost(), messageBytesMax, costMax)
	}
	get := request{op: getOp}
	if n := int64(len(appendEntryHead(nil, entry)) + len(entry.Value)); n > answerBytes(&get) || n > messageBytesMax {
		t.Errorf("the largest entry has %d bytes, and room for %d", n, answerBytes(&get))
	}
	for _, limit := range []int{1, 1000} {
		page := kv.Page{Cursor: string(make([]byte, 2*kv.KeyBytesMax))}
		for range limit {
			page.Keys = append(page.Keys, kv.Key{Name: name, Metadata: entry.Metadata, ExpiresAt: entry.ExpiresAt, Version: entry.Version})
		}
		list := request{op: listOp, query: kv.Query{Limit: limit}}
		n := len(appendPage(nil, page))
		if int64(n) > answerBytes(&list) || n > messageBytesMax {
			t.Errorf("the largest page of %d has %d bytes, and room for %d", limit, n, answerBytes(&list))
		}
		if n > pageBytes(page) {
			t.Errorf("a page of %d bytes was taken for %d", n, pageBytes(page))
		}
	}
}

func FuzzRequest(f *testing.F) {
	for _, r := range []request{
		{op: getOp, ns: "ns", key: "k"},
		{op: putOp, ns: "ns", key: "k", entry: kv.Entry{Value: []byte("v"), Metadata: []byte("1"), ExpiresAt: kv.FromMillis(1 << 41)}},
		{op: swapOp, ns: "ns", key: "k", old: "v1", entry: kv.Entry{Value: []byte("v")}},
		{op: listOp, ns: "ns", query: kv.Query{Prefix: "p", Cursor: "c", Limit: 10}},
		{op: addOp, ns: "ns", key: "k", delta: -1},
	} {
		f.Add(append(r.appendHead(nil), r.entry.Value...))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, ok := decodeRequest(b)
		if !ok {
			return
		}
		again, ok := decodeRequest(append(r.appendHead(nil), r.entry.Value...))
		// An expiry before 1970, which no client sends, doesn't come back as it was.
		if r.entry.ExpiresAt.Unix() >= 0 && (!ok || !reflect.DeepEqual(again, r)) {
			t.Errorf("%+v came back as %+v, %t", r, again, ok)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add(appendPage(nil, kv.Page{Cursor: "c", Keys: []kv.Key{{Name: "k", Version: "v"}}}))
	f.Add(appendEntryHead(nil, kv.Entry{Version: "v", Metadata: []byte("1")}))
	f.Add(appendFailure(nil, kv.ErrNotFound))
	f.Add(appendFailure(nil, &kv.InvalidError{Field: "key", Reason: "is empty"}))
	f.Add(appendSum(nil, -1))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		if err, ok := decodeFailure(b[0], b[1:]); ok && (err == nil || b[0] == answered) {
			t.Errorf("%q is the failure %v", b, err)
		}
		if e, ok := decodeEntry(b[1:]); ok && (e.Value == nil || len(e.Metadata) == 0 && e.Metadata != nil) {
			t.Errorf("%q is the entry %+v", b, e)
		}
		if p, ok := decodePage(b[1:]); ok && len(p.Keys) > kv.ListLimitMax {
			t.Errorf("a page of %d keys", len(p.Keys))
		}
		decodeVersion(b[1:])
		decodeSum(b[1:])
	})
}
