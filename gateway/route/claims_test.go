package route_test

import (
	"slices"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/gateway/route"
)

func TestClaims(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		routes []string
		domain string
		want   []string
	}{
		{"without routes, the default host", nil, "localhost", []string{"shop.localhost/*"}},
		{"without routes and domain, nothing", nil, "", nil},
		{"equal patterns share a form", []string{"EXAMPLE.com", "example.com/*"}, "localhost", []string{"example.com/*", "example.com/*"}},
	} {
		got, err := route.Claims(&bundles.Manifest{Name: "shop", Routes: tc.routes}, tc.domain)
		if err != nil || !slices.Equal(got, tc.want) {
			t.Errorf("%s: got %q, %v, want %q", tc.name, got, err, tc.want)
		}
	}
	if _, err := route.Claims(&bundles.Manifest{Name: "shop", Routes: []string{"http://x/"}}, ""); err == nil {
		t.Error("a route with a scheme is no error")
	}
}
