package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
	"github.com/valyala/fasthttp"

	"github.com/skerry-edge/skerry/bench/workloads"
)

// work is what the workloads need.
type work struct {
	redis  string
	origin string
}

// handler returns what does the work of a workload.
func (w work) handler(name string) (fasthttp.RequestHandler, error) {
	switch name {
	case "hello":
		return text(func(*fasthttp.RequestCtx) string { return "hello\n" }), nil
	case "json":
		return takeOrder, nil
	case "route":
		return route, nil
	case "kv":
		return kv(redis.NewClient(&redis.Options{Addr: w.redis})), nil
	case "ssr":
		return newPage().serve, nil
	case "crypto":
		return text(func(c *fasthttp.RequestCtx) string {
			digest := sha256.Sum256(c.Request.Body())
			return hex.EncodeToString(digest[:])
		}), nil
	case "echo":
		return func(c *fasthttp.RequestCtx) { c.Response.SetBodyRaw(c.Request.Body()) }, nil
	case "stream":
		return stream, nil
	case "fanout":
		return fanout(&fasthttp.HostClient{Addr: w.origin, MaxConns: 1024}), nil
	case "cpu", "wasm":
		return text(func(*fasthttp.RequestCtx) string { return strconv.Itoa(fib(25)) }), nil
	case "many":
		return text(func(c *fasthttp.RequestCtx) string { return "Hello from " + string(c.Host()) + "\n" }), nil
	case "origin":
		return text(func(c *fasthttp.RequestCtx) string { return workloads.OriginAnswer(string(c.Path())) }), nil
	}
	return nil, fmt.Errorf("there is no workload %q", name)
}

func text(answer func(*fasthttp.RequestCtx) string) fasthttp.RequestHandler {
	return func(c *fasthttp.RequestCtx) { c.WriteString(answer(c)) }
}

func fail(c *fasthttp.RequestCtx, err error) {
	c.Error(err.Error(), fasthttp.StatusInternalServerError)
}

// takeOrder does to an order what the workload json does to any.
func takeOrder(c *fasthttp.RequestCtx) {
	var order map[string]any
	if err := json.Unmarshal(c.Request.Body(), &order); err != nil {
		fail(c, err)
		return
	}
	total := 0.0
	items, _ := order["items"].([]any)
	for _, it := range items {
		item, _ := it.(map[string]any)
		price, _ := item["price"].(float64)
		quantity, _ := item["quantity"].(float64)
		total += price * quantity
	}
	order["total"], order["status"] = total, "accepted"
	answer, err := json.Marshal(order)
	if err != nil {
		fail(c, err)
		return
	}
	c.SetContentType("application/json")
	c.Response.SetBodyRaw(answer)
}

// route knows the one route that is measured.
func route(c *fasthttp.RequestCtx) {
	user, rest, found := bytes.Cut(bytes.TrimPrefix(c.Path(), []byte("/users/")), []byte("/posts/"))
	if !found {
		c.Error("not found", fasthttp.StatusNotFound)
		return
	}
	answer, err := json.Marshal(map[string]string{"user": string(user), "post": string(rest)})
	if err != nil {
		fail(c, err)
		return
	}
	c.Response.Header.SetBytesV("x-route", c.Method())
	c.SetContentType("application/json")
	c.Response.SetBodyRaw(answer)
}

func kv(store *redis.Client) fasthttp.RequestHandler {
	return func(c *fasthttp.RequestCtx) {
		ctx, key := context.Background(), "plain:"+string(c.Path())
		if c.IsPut() {
			if err := store.Set(ctx, key, c.Request.Body(), 0).Err(); err != nil {
				fail(c, err)
				return
			}
			c.SetStatusCode(fasthttp.StatusNoContent)
			return
		}
		value, err := store.Get(ctx, key).Bytes()
		if err != nil {
			fail(c, err)
			return
		}
		c.Response.SetBodyRaw(value)
	}
}

// page is what the workload ssr renders.
type page struct {
	products []product
	escaper  *strings.Replacer
}

type product struct {
	id         int
	name, note string
	price      float64
}

func newPage() *page {
	p := &page{escaper: strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")}
	for id := range 100 {
		p.products = append(p.products, product{
			id: id, name: fmt.Sprintf("Tea no. %d <loose>", id), price: 3 + float64(id)/4,
			note: fmt.Sprintf(`Picked by "A & B", box %d`, id),
		})
	}
	return p
}

func (p *page) serve(c *fasthttp.RequestCtx) {
	var rows strings.Builder
	for _, it := range p.products {
		rows.WriteString(`<tr id="p` + strconv.Itoa(it.id) + `"><td>` + p.escaper.Replace(it.name) + "</td><td>" +
			strconv.FormatFloat(it.price, 'f', 2, 64) + "</td><td>" + p.escaper.Replace(it.note) + "</td></tr>\n")
	}
	title := p.escaper.Replace("Tea & biscuits")
	c.SetContentType("text/html; charset=utf-8")
	c.WriteString("<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>" + title + "</title></head>\n<body><h1>" + title +
		"</h1>\n<table>\n" + rows.String() + "</table>\n</body>\n</html>\n")
}

// stream writes a megabyte in 64 chunks.
func stream(c *fasthttp.RequestCtx) {
	c.SetContentType("application/octet-stream")
	c.SetBodyStreamWriter(func(w *bufio.Writer) {
		chunk := bytes.Repeat([]byte("x"), 16<<10)
		for range 64 {
			if _, err := w.Write(chunk); err != nil {
				return // the client has left
			}
			if err := w.Flush(); err != nil {
				return
			}
		}
	})
}

// fanout asks the origin five things at once.
func fanout(origin *fasthttp.HostClient) fasthttp.RequestHandler {
	return func(c *fasthttp.RequestCtx) {
		var parts [5]string
		var errs [5]error
		var group sync.WaitGroup
		for i := range parts {
			group.Go(func() {
				var body []byte
				_, body, errs[i] = origin.Get(nil, "http://"+origin.Addr+"/part/"+strconv.Itoa(i+1))
				parts[i] = string(body)
			})
		}
		group.Wait()
		for _, err := range errs {
			if err != nil {
				fail(c, err)
				return
			}
		}
		c.WriteString(strings.Join(parts[:], ""))
	}
}

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}
