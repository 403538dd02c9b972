package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// proxied is what it took to pass bodies on once.
type proxied struct{ wall, cpu time.Duration }

// passes is how many bodies are passed on, one after the other, between two looks at the CPU
// time, which is told in hundredths of a second.
const passes = 8

// measureProxy passes a large body on, down and up, by the function and by the plain proxy.
func measureProxy(ctx context.Context, b *bench) error {
	p, err := startPlain(ctx)
	if err != nil {
		return err
	}
	defer p.close()
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		var ours, plain []proxied
		for round := range b.rounds + 1 {
			x, err := b.pass(ctx, b.process, method, b.listen, "/proxy")
			if err != nil {
				return err
			}
			y, err := b.pass(ctx, p.process, method, p.address, "/")
			if err != nil {
				return err
			}
			if round > 0 { // the first warms up
				ours, plain = append(ours, x), append(plain, y)
			}
		}
		mb := float64(b.megabytes * passes)
		wall := func(p proxied) float64 { return mb / p.wall.Seconds() }
		cpu := func(p proxied) float64 { return mb / p.cpu.Seconds() }
		what := fmt.Sprintf("a body of %d MB, %s: ", b.megabytes, method)
		row(what+"MB in a second, of the function and the plain proxy", "≥ 80 %", "%.0f, %.0f: %.0f %%", median(ours, wall), median(plain, wall), 100*median(ours, wall)/median(plain, wall))
		row(what+"MB in a second of CPU time", "≥ 80 %", "%.0f, %.0f: %.0f %%", median(ours, cpu), median(plain, cpu), 100*median(ours, cpu)/median(plain, cpu))
	}
	return nil
}

func median(all []proxied, of func(proxied) float64) float64 {
	var each []float64
	for _, p := range all {
		each = append(each, of(p))
	}
	slices.Sort(each)
	return each[len(each)/2]
}

// pass passes bodies through the proxy at address.
func (b *bench) pass(ctx context.Context, p *process, method, address, path string) (proxied, error) {
	before, err := p.cpu()
	if err != nil {
		return proxied{}, err
	}
	began := time.Now()
	for range passes {
		if err := b.passOne(ctx, method, address, path); err != nil {
			return proxied{}, err
		}
	}
	wall := time.Since(began)
	after, err := p.cpu()
	return proxied{wall, after - before}, err
}

func (b *bench) passOne(ctx context.Context, method, address, path string) error {
	n := int64(b.megabytes) << 20
	to := "http://" + b.origin.address + "/" + strconv.FormatInt(n, 10)
	r, err := http.NewRequestWithContext(ctx, method, "http://"+address+path+"?to="+to, nil)
	if err != nil {
		return err
	}
	r.Host = b.host
	if method == http.MethodPost {
		r.Body, r.ContentLength = io.NopCloser(&zeros{n}), n
	}
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	got, err := io.CopyBuffer(writer{io.Discard}, response.Body, make([]byte, 256<<10))
	if err == nil && (response.StatusCode != http.StatusOK || method == http.MethodGet && got != n) {
		err = fmt.Errorf("status %d and %d bytes", response.StatusCode, got)
	}
	return err
}

var client = &http.Client{Transport: &http.Transport{WriteBufferSize: 256 << 10, ReadBufferSize: 256 << 10, DisableCompression: true}}

// writer is a writer and nothing else.
type writer struct{ io.Writer }

// zeros are n bytes.
type zeros struct{ n int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.n == 0 {
		return 0, io.EOF
	}
	n := int(min(z.n, int64(len(p))))
	z.n -= int64(n)
	return n, nil
}
