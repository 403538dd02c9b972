// Command plain does the work of the workloads in Go, on fasthttp, with nothing in between:
// a yardstick for what a request costs at least. It is also the origin that others fetch from.
//
//	plain -listen 127.0.0.1:9000 -workload json [-redis 127.0.0.1:6379] [-origin 127.0.0.1:9001]
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/valyala/fasthttp"
)

// gcPercent is what programs like this are run with: there is little to collect.
const gcPercent = 400

func main() {
	listen := flag.String("listen", "127.0.0.1:9000", "`address` to serve on")
	workload := flag.String("workload", "origin", "`name` of the work to do")
	var w work
	flag.StringVar(&w.redis, "redis", "127.0.0.1:6379", "`address` of the Redis that the workload kv reads from")
	flag.StringVar(&w.origin, "origin", "127.0.0.1:9001", "`address` that the workload fanout fetches from")
	flag.Parse()
	debug.SetGCPercent(gcPercent)
	handler, err := w.handler(*workload)
	if err == nil {
		server := &fasthttp.Server{Handler: handler}
		err = server.ListenAndServe(*listen)
	}
	fmt.Fprintln(os.Stderr, "plain:", err)
	os.Exit(1)
}
