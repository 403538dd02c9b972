package webapi_test

import (
	"testing"

	"github.com/skerry-edge/skerry/isolate/webapi"
)

func TestChunks(t *testing.T) {
	t.Parallel()
	same := func(a, b []byte) bool { return &a[0] == &b[0] }
	for _, tc := range []struct {
		name         string
		first, given int // the room, and how much of it is filled
		back         func(chunk []byte) []byte
		next         int // the next room
		reused       bool
	}{
		{"one that comes back is filled again", 64, 64, func(c []byte) []byte { return c }, 64, true},
		{"so is one that was not full", 64, 40, func(c []byte) []byte { return c }, 64, true},
		{"and one for less", 64, 64, func(c []byte) []byte { return c }, 10, true},
		{"one that is too small is not", 32, 32, func(c []byte) []byte { return c }, 64, false},
		{"one that is kept is not", 64, 64, func([]byte) []byte { return nil }, 64, false},
		{"what is not ours is not", 64, 64, func([]byte) []byte { return make([]byte, 64) }, 64, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var c webapi.Chunks
			room := c.Room(tc.first)
			chunk := c.Give(tc.given)
			if len(chunk) != tc.given || cap(chunk) != tc.given || !same(chunk, room) {
				t.Fatalf("the chunk has %d bytes and room for %d, want %d", len(chunk), cap(chunk), tc.given)
			}
			c.TakeBack(tc.back(chunk))
			if next := c.Room(tc.next); len(next) != tc.next || same(next, room) != tc.reused {
				t.Errorf("the next room has %d bytes and is the same: %v, want %d and %v", len(next), same(next, room), tc.next, tc.reused)
			}
		})
	}
}

// A few bytes in much room are a copy: whoever keeps many of them keeps no more than they are.
func TestSmallChunks(t *testing.T) {
	t.Parallel()
	var c webapi.Chunks
	room := c.Room(64 << 10)
	room[0] = 'a'
	chunk := c.Give(1)
	c.TakeBack(chunk) // which does no harm
	next := c.Room(64 << 10)
	if &next[0] != &room[0] {
		t.Error("the room was not kept")
	}
	next[0] = 'b'
	if string(chunk) != "a" || cap(chunk) > 64 {
		t.Errorf("the chunk is %q, with room for %d", chunk, cap(chunk))
	}
}
