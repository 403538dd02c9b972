package webapi_test

import (
	"context"
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

// deaf is a source that goes on when it is canceled, as one may that has something left.
type deaf struct{}

func (deaf) Next(context.Context) ([]byte, error) { return []byte("a"), nil }
func (deaf) Cancel(error)                         {}

func TestAbortEndsTheBody(t *testing.T) {
	t.Parallel()
	host := network(func(_ context.Context, r *webapi.HTTPRequest) (*webapi.HTTPResponse, error) {
		return &webapi.HTTPResponse{URL: r.URL, Status: 200, Stream: deaf{}}, nil
	})
	vm := newPlatform(t).NewVM(js.Config{Host: host})
	got := jstest.EvalIn(t, vm, `
		const c = new AbortController(), r = await fetch("http://a/", {signal: c.signal}), reader = r.body.getReader();
		const first = await reader.read();
		c.abort();
		return [first.value.length, await reader.read().catch((e) => e.name)]`)
	if got != "1,AbortError" {
		t.Errorf("got %q", got)
	}
}
