package store_test

import (
	"errors"
	"os"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/store"
	"github.com/skerry-edge/skerry/bundles/store/storetest"
)

// TestReaderSeesWhatTheOwnerPuts and leaves all as it is, damage too.
func TestReaderSeesWhatTheOwnerPuts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := store.NewReader(dir)
	d, data := storetest.Data(1, 1000)
	if _, err := r.Get(t.Context(), d); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("before there is a directory: %v", err)
	}
	owner := openLocal(t, dir)
	if err := owner.Put(t.Context(), d, data); err != nil {
		t.Fatal(err)
	}
	if got, err := r.Get(t.Context(), d); err != nil || bundles.DigestOf(got) != d {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	if err := os.WriteFile(blobPath(dir, d), data[1:], 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := r.Get(t.Context(), d); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("damaged: %v", err)
		}
	}
	if _, err := r.Get(t.Context(), "../x"); err == nil || errors.Is(err, store.ErrNotFound) {
		t.Errorf("a digest that is none: %v", err)
	}
}
