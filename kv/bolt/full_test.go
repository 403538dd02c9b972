package bolt_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/bolt"
)

// TestFullDisk fills a disk of its own.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := mountSmallDisk(t, 24<<20)
	s := open(t, bolt.Config{Path: filepath.Join(dir, "kv.db"), SweepInterval: time.Millisecond})
	ctx := t.Context()
	if _, err := s.Put(ctx, "ns", "n", kv.Entry{Value: []byte("1")}); err != nil {
		t.Fatal(err)
	}
	filler := filepath.Join(dir, "filler")
	if err := fillDisk(filler); err != nil {
		t.Fatal(err)
	}

	written := make(map[string]bool)
	var full error
	for i := 0; full == nil && i < 1000; i++ { // into the room that the file has already
		key := fmt.Sprint(i)
		if _, full = s.Put(ctx, "ns", key, kv.Entry{Value: make([]byte, 100<<10)}); full == nil {
			written[key] = true
		}
	}
	if !errors.Is(full, kv.ErrFull) {
		t.Fatalf("Put on a full disk: %v, want ErrFull", full)
	}
	for range 3 { // it stays so, and stays readable
		if _, err := s.Put(ctx, "ns", "more", kv.Entry{Value: make([]byte, 1<<20)}); !errors.Is(err, kv.ErrFull) {
			t.Errorf("Put on a full disk: %v, want ErrFull", err)
		}
		if e, err := s.Get(ctx, "ns", "n"); err != nil || string(e.Value) != "1" {
			t.Errorf("Get on a full disk = %q, %v", e.Value, err)
		}
		if page, err := s.List(ctx, "ns", kv.Query{}); err != nil || len(page.Keys) != 1+len(written) {
			t.Errorf("List on a full disk has %d keys, %v; want %d", len(page.Keys), err, 1+len(written))
		}
	}
	if _, err := bolt.Open(bolt.Config{Path: filepath.Join(dir, "other.db")}); !errors.Is(err, kv.ErrFull) {
		t.Errorf("Open of a new file on a full disk: %v, want ErrFull", err)
	}

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(ctx, "ns", "more", kv.Entry{Value: make([]byte, 1<<20)}); err != nil {
		t.Errorf("Put when there is room again: %v", err)
	}
	if sum, err := s.Add(ctx, "ns", "n", 1); err != nil || sum != 2 {
		t.Errorf("Add when there is room again = %d, %v; want 2", sum, err)
	}
	for key := range written {
		if _, err := s.Get(ctx, "ns", key); err != nil {
			t.Errorf("Get(%q): %v", key, err)
		}
	}
}

// fillDisk writes a file until there is no room for another byte.
func fillDisk(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	for block := make([]byte, 1<<20); len(block) > 0; {
		if _, err := f.Write(block); err != nil {
			block = block[:len(block)/2]
		}
	}
	return nil
}
