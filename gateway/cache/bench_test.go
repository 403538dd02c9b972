package cache_test

import (
	"fmt"
	"net"
	"testing"

	"github.com/skerry-edge/skerry/gateway/cache"
	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/remote"
)

// stores are a Memory in this process and one behind a connection, as workers have it.
func stores(b *testing.B) map[string]kv.Store {
	b.Helper()
	here, there := newMemory(b, cache.MemoryConfig{}), newMemory(b, cache.MemoryConfig{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	served := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			err = remote.Serve(b.Context(), conn, there, remote.ServerConfig{})
		}
		served <- err
	}()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	client, err := remote.Open(b.Context(), conn, remote.Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		client.Close()
		listener.Close()
		<-served
	})
	return map[string]kv.Store{"here": here, "remote": client.Store()}
}

const benchHeader = "Content-Type: text/html; charset=utf-8\nCache-Control: public, max-age=600\nETag: \"33a64df551425fcc55e4d42a148795d9f25f89d4\"\nLast-Modified: " + jan1

func BenchmarkMatch(b *testing.B) {
	for place, store := range stores(b) {
		c := newCache(b, store)
		for _, vary := range []string{"", "\nVary: Accept-Language"} {
			for _, size := range []int{1 << 10, 1 << 20} {
				r := get("Accept-Language: de\nUser-Agent: x\nAccept: */*")
				keep(b, c, r, answer(200, benchHeader+vary, string(make([]byte, size))))
				b.Run(fmt.Sprintf("%s/vary=%v/%dKiB", place, vary != "", size>>10), func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						if match(b, c, r) == nil {
							b.Fatal("a miss")
						}
					}
				})
			}
		}
	}
}

func BenchmarkPut(b *testing.B) {
	for place, store := range stores(b) {
		c := newCache(b, store)
		b.Run(place, func(b *testing.B) {
			r, h := get(""), answer(200, benchHeader, string(make([]byte, 1<<10)))
			b.ReportAllocs()
			for b.Loop() {
				keep(b, c, r, h)
			}
		})
	}
}
