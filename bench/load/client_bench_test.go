package load

import (
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// BenchmarkClient compares what a request costs this process with each client, server
// included, which is the same for all: what disturbs a server on the same machine least.
func BenchmarkClient(b *testing.B) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &fasthttp.Server{Handler: func(c *fasthttp.RequestCtx) { c.SetBodyString("hello") }}
	go func() { _ = server.Serve(listener) }()
	b.Cleanup(func() { _ = server.Shutdown() })
	url := "http://" + listener.Addr().String() + "/"
	measure := func(name string, send func() error) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			cpu := usedCPU()
			for b.Loop() {
				if err := send(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(usedCPU()-cpu)/float64(b.N), "cpu-ns/op")
		})
	}
	r, err := NewRequest("", url, nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	c := newClient(Config{})
	defer c.close()
	measure("own connections", func() error { return c.send(r, time.Now().Add(time.Second)).err })
	f := &fasthttp.Client{}
	defer f.CloseIdleConnections()
	measure("fasthttp.Client", func() error {
		q, w := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		defer fasthttp.ReleaseRequest(q)
		defer fasthttp.ReleaseResponse(w)
		q.SetRequestURI(url)
		return f.DoTimeout(q, w, time.Second)
	})
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	h := &http.Client{Transport: transport}
	measure("net/http", func() error {
		w, err := h.Get(url)
		if err != nil {
			return err
		}
		defer w.Body.Close()
		_, err = io.Copy(io.Discard, w.Body)
		return err
	})
}
