package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/valyala/fasthttp"
)

// proxyArgument makes this program the plain proxy.
const proxyArgument = "serve-plain-proxy"

// plain is the proxy that a node is compared with: fasthttp on both sides, streaming both ways,
// and nothing else.
type plain struct {
	*process
	address string
}

func startPlain(ctx context.Context) (*plain, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := command(ctx, self, proxyArgument)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &plain{process: &process{cmd}}
	line, err := bufio.NewReader(out).ReadString('\n')
	if p.address = strings.TrimSpace(line); err != nil {
		p.close()
		return nil, fmt.Errorf("the plain proxy has no address: %w", err)
	}
	return p, nil
}

// serveProxy passes each request on to the address in its query, as the function does.
func serveProxy() error {
	client := &fasthttp.Client{StreamResponseBody: true, MaxResponseBodySize: 1, NoDefaultUserAgentHeader: true}
	server := &fasthttp.Server{
		StreamRequestBody: true, MaxRequestBodySize: 1,
		Handler: func(ctx *fasthttp.RequestCtx) {
			r, w := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
			defer fasthttp.ReleaseRequest(r)
			ctx.Request.Header.CopyTo(&r.Header)
			r.SetRequestURIBytes(ctx.QueryArgs().Peek("to"))
			r.Header.SetHostBytes(r.URI().Host())
			if body := ctx.RequestBodyStream(); body != nil {
				r.SetBodyStream(body, ctx.Request.Header.ContentLength())
			}
			if err := client.Do(r, w); err != nil {
				fasthttp.ReleaseResponse(w)
				ctx.Error(err.Error(), fasthttp.StatusBadGateway)
				return
			}
			ctx.SetStatusCode(w.StatusCode())
			ctx.SetBodyStream(&passed{w}, w.Header.ContentLength())
		},
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return server.Serve(l)
}

// passed is a response's body, which gives the response back at its end.
type passed struct{ of *fasthttp.Response }

func (p *passed) Read(b []byte) (int, error) { return p.of.BodyStream().Read(b) }

func (p *passed) Close() error {
	err := p.of.CloseBodyStream()
	fasthttp.ReleaseResponse(p.of)
	return err
}
