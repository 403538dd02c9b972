package main

import (
	"fmt"
	"strings"

	"github.com/skerry-edge/skerry/bundles"
)

// origins says where functions answer.
type origins struct {
	domain string
	port   int
}

// of returns the URLs of a function, at least one.
func (o origins) of(m *bundles.Manifest) []string {
	patterns := m.Routes
	if len(patterns) == 0 {
		patterns = []string{m.Name + "." + o.domain}
	}
	urls := make([]string, len(patterns))
	for i, p := range patterns {
		host, path, _ := strings.Cut(p, "/")
		path = strings.TrimSuffix(path, "*")
		if o.port != 80 {
			host = fmt.Sprintf("%s:%d", host, o.port)
		}
		urls[i] = "http://" + host + "/" + path
	}
	return urls
}
