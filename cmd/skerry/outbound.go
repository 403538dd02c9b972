package main

import (
	"context"
	"net/http"
	"strings"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/gateway/admin"
	"github.com/skerry-edge/skerry/gateway/egress"
	"github.com/skerry-edge/skerry/isolate"
)

// outbound lets functions fetch through the egress policy: what isolates ask for in terms
// of what the way out knows.
type outbound struct{ client *egress.Client }

// Fetch performs r. Requests in a row that pass through this node are counted by the
// header that the first of them came with.
func (o outbound) Fetch(ctx context.Context, t *isolate.Target, ev *isolate.Event, r *isolate.Request) (*isolate.Response, error) {
	if ev.Request != nil {
		var loop []string
		for _, f := range ev.Request.Header {
			if strings.EqualFold(f.Name, "cdn-loop") {
				loop = append(loop, f.Value)
			}
		}
		ctx = egress.WithLoop(ctx, strings.Join(loop, ", "))
	}
	return o.client.Fetch(ctx, t.Manifest.Allow, r)
}

// pushed is what the control API needs of the isolates.
type pushed struct{ serving }

// Check evaluates a bundle that is pushed, and refuses one whose allow list the way out
// can't read.
func (p pushed) Check(ctx context.Context, b *bundles.Bundle) error {
	if err := egress.CheckAllow(b.Manifest.Allow); err != nil {
		return &admin.Problem{Status: http.StatusUnprocessableEntity, Code: "invalid", Detail: "allow: " + err.Error()}
	}
	return p.serving.Check(ctx, b)
}
