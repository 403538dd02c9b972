package webapi

import "bytes"

// reuser is a [Source] that can fill its chunks again.
type reuser interface {
	// Reuse takes back what the last Next has returned. It is called before the next call of
	// Next, by whoever makes that.
	Reuse(chunk []byte)
}

// Reuse gives a chunk back to the source that it came from, if that wants it: nobody may look at
// it any more. It must be all that the last Next has returned. A reader that keeps its chunks
// does without.
func Reuse(s Source, chunk []byte) {
	if s, ok := s.(reuser); ok {
		s.Reuse(chunk)
	}
}

// Chunks makes the chunks of a [Source], of those that come back where it can. It is its
// reader's, as Next is.
type Chunks struct {
	spare []byte // whole; to be filled
	given []byte // whole; the last one that was given away; nil: it was not whole
	back  bool   // the reader gives chunks back
}

// Room returns n bytes to be filled.
func (c *Chunks) Room(n int) []byte {
	if cap(c.spare) < n {
		c.spare = make([]byte, n)
	}
	return c.spare[:n]
}

// Give returns the first n bytes of the room, to give away. A few bytes don't keep much memory
// alive: they are a copy, unless the reader gives back what it gets.
func (c *Chunks) Give(n int) []byte {
	if c.given = nil; n < cap(c.spare)/4 && !c.back {
		return bytes.Clone(c.spare[:n])
	}
	c.given, c.spare = c.spare, nil
	return c.given[:n:n]
}

// TakeBack is for Reuse.
func (c *Chunks) TakeBack(chunk []byte) {
	if len(chunk) > 0 && len(c.given) > 0 && &chunk[0] == &c.given[0] {
		c.spare, c.given, c.back = c.given, nil, true
	}
}
