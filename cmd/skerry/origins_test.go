package main

import (
	"slices"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
)

func TestOrigins(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		domain string
		port   int
		routes []string
		want   []string
	}{
		{"without routes its name is the host", "localhost", 8787, nil, []string{"http://shop.localhost:8787/"}},
		{"port 80 goes without saying", "edge.example.com", 80, nil, []string{"http://shop.edge.example.com/"}},
		{"a host", "localhost", 8787, []string{"a.example"}, []string{"http://a.example:8787/"}},
		{"a host and all below", "localhost", 80, []string{"a.example/*"}, []string{"http://a.example/"}},
		{"a path", "localhost", 8787, []string{"a.example/api/*", "a.example/exact"}, []string{"http://a.example:8787/api/", "http://a.example:8787/exact"}},
		{"any host below", "localhost", 80, []string{"*.a.example/*"}, []string{"http://*.a.example/"}},
		{"an address", "localhost", 8787, []string{"[::1]/*"}, []string{"http://[::1]:8787/"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := origins{domain: tc.domain, port: tc.port}.of(&bundles.Manifest{Name: "shop", Routes: tc.routes})
			if !slices.Equal(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
