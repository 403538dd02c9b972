package store_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/store"
	"github.com/skerry-edge/skerry/bundles/store/storetest"
)

// TestLocalFullDisk fills a file system of its own: a Put without room is ErrFull and
// changes nothing, reads go on, and with room again writes do too.
//
// It is not parallel: a process that another test starts holds this one's open files for a
// moment, and with them the room that the test waits for.
func TestLocalFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m,nr_inodes=300"); err != nil {
		t.Skipf("SKIPPED: a file system to fill cannot be mounted: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	l := openLocal(t, filepath.Join(dir, "bundles"))
	small, smallData := storetest.Data(1, 1000)
	large, largeData := storetest.Data(2, 8<<20)
	if err := l.Put(t.Context(), small, smallData); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := l.Put(t.Context(), large, largeData); !errors.Is(err, store.ErrFull) {
			t.Fatalf("put without room: %v, want ErrFull", err)
		}
	}
	if _, err := l.Get(t.Context(), large); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("get of what had no room: %v, want ErrNotFound", err)
	}
	if got, err := l.Get(t.Context(), small); err != nil || !bytes.Equal(got, smallData) {
		t.Errorf("get on a full disk: %v", err)
	}

	filler := filepath.Join(dir, "filler")
	if err := os.WriteFile(filler, make([]byte, 8<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("filler: %v", err)
	}
	other, otherData := storetest.Data(3, 1000)
	if err := l.Put(t.Context(), other, otherData); !errors.Is(err, store.ErrFull) {
		t.Errorf("put on a full disk: %v, want ErrFull", err)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := l.Put(t.Context(), other, otherData); err != nil {
		t.Errorf("put after room was made: %v", err)
	}

	var noInodes error
	for seed := uint64(100); seed < 500 && noInodes == nil; seed++ {
		data := []byte{byte(seed), byte(seed >> 8)}
		d := bundles.DigestOf(data)
		noInodes = l.Put(t.Context(), d, data)
	}
	if !errors.Is(noInodes, store.ErrFull) {
		t.Errorf("put without free inodes: %v, want ErrFull", noInodes)
	}
	if got, err := l.Get(t.Context(), small); err != nil || !bytes.Equal(got, smallData) {
		t.Errorf("get without free inodes: %v", err)
	}
}
