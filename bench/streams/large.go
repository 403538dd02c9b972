package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// measureGigabyte reads 1 GB that the function makes in chunks of 64 KB, and looks at the node's
// memory meanwhile.
func measureGigabyte(ctx context.Context, b *bench) error {
	const chunks = 1 << 30 >> 16
	if err := b.read("/chunks?n=1000"); err != nil { // it warms up
		return err
	}
	before, err := b.resident()
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	began := time.Now()
	go func() { done <- b.read(fmt.Sprintf("/chunks?n=%d", chunks)) }()
	most := before
	for {
		select {
		case err := <-done:
			if err != nil {
				return err
			}
			row("1 GB in chunks of 64 KB, made in JavaScript", "", "%.0f MB/s", 1024/time.Since(began).Seconds())
			row("the node's memory grows meanwhile by", "≤ 32 MB", "%.1f MB", float64(most-before)/(1<<20))
			return nil
		case <-time.After(100 * time.Millisecond):
			if now, err := b.resident(); err == nil {
				most = max(most, now)
			}
		}
	}
}

// measureNever asks for a body that nothing can bring on.
func measureNever(_ context.Context, b *bench) error {
	began := time.Now()
	if err := b.read("/never"); err == nil {
		return fmt.Errorf("a body that never comes has ended as if it were whole")
	}
	row("a body that nothing can bring on ends after", "", "%.1f ms", float64(time.Since(began))/float64(time.Millisecond))
	return nil
}

// read reads a response to its end.
func (b *bench) read(path string) error {
	c, err := b.get(path)
	if err != nil {
		return err
	}
	defer c.Close()
	r, err := http.ReadResponse(bufio.NewReaderSize(c, 256<<10), nil)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	_, err = io.CopyBuffer(writer{io.Discard}, r.Body, make([]byte, 256<<10))
	return err
}
