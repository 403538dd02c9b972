package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/skerry-edge/skerry/bench/load"
	"github.com/skerry-edge/skerry/gateway/admin"
)

// usageTimeout is how long a node may take to answer with its metrics while it is loaded.
const usageTimeout = 5 * time.Second

// benchTarget is what a load is sent to.
type benchTarget struct {
	label    string // for people
	url      string
	connect  string // address of all connections; empty: where URLs say
	function string // empty: it is a URL
	version  int    // that is asked for; 0: the one that is live
	client   *admin.Client
	usage    func(context.Context) (load.Usage, error) // nil: nobody knows
}

// target finds out what name is: a URL, a function, or a version of one as FN@3. An empty
// name is that of a load whose URLs all stand in a file.
func (b *bench) target(ctx context.Context, name string) (benchTarget, error) {
	t := benchTarget{label: name, url: name, connect: b.connect}
	if name == "" {
		t.label = b.urls
	}
	isURL := name == "" || strings.Contains(name, "/") || strings.Contains(name, ":")
	if isURL && !strings.Contains(name, "://") && name != "" {
		t.url = "http://" + name
	}
	if _, set := b.getenv("SKERRY_NODE"); !isURL || b.remote.node != "" || set {
		client, err := b.remote.client()
		if err != nil {
			return t, err
		}
		t.client, t.usage = client, usageOf(client)
	}
	if !isURL {
		if err := t.find(ctx, name); err != nil {
			return t, err
		}
	}
	if b.path != "" {
		address, err := t.resolve(b.path)
		if err != nil {
			return t, err
		}
		t.url = address
	}
	return t, nil
}

// find asks the node where a function answers.
func (t *benchTarget) find(ctx context.Context, name string) error {
	function, version, err := parseVersioned(name)
	if err != nil {
		return err
	}
	t.function, t.version = function, version
	list, err := t.client.Functions(ctx)
	if err != nil {
		return err
	}
	status, err := t.client.Status(ctx)
	if err != nil {
		return err
	}
	for _, f := range list {
		if f.Name != function || len(f.URLs) == 0 {
			continue
		}
		t.url = strings.TrimSuffix(f.URLs[0], "*")
		if t.connect == "" {
			t.connect = listening(status.Listen, t.client.Node)
		}
		return nil
	}
	return &admin.Problem{Status: http.StatusNotFound, Code: "not_found", Detail: fmt.Sprintf(
		"there is no function %q on %s; skerry functions lists them, and a URL begins with http://", function, t.client.Node)}
}

// parseVersioned reads FN or FN@3; FN@v3 is the same.
func parseVersioned(s string) (function string, version int, err error) {
	function, text, versioned := strings.Cut(s, "@")
	if !versioned {
		return function, 0, nil
	}
	version, err = strconv.Atoi(strings.TrimPrefix(text, "v"))
	if err != nil || version < 1 || function == "" {
		return "", 0, &usageError{fmt.Errorf("%q: write a version as shop@3; skerry versions shop lists them", s)}
	}
	return function, version, nil
}

// listening is where to reach what a node says that it listens on: on the node's machine if
// it is every address.
func listening(listen, node string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return ""
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if u, err := url.Parse(node); err == nil && u.Hostname() != "" {
			host = u.Hostname()
		}
	}
	return net.JoinHostPort(host, port)
}

// resolve returns the address that a reference, a path or a URL, stands for.
func (t benchTarget) resolve(reference string) (string, error) {
	base, err := url.Parse(t.url)
	if err != nil {
		return "", &usageError{err}
	}
	u, err := base.Parse(reference)
	if err != nil {
		return "", &usageError{err}
	}
	return u.String(), nil
}

// usageOf reads what a node has used from its metrics.
func usageOf(c *admin.Client) func(context.Context) (load.Usage, error) {
	return func(ctx context.Context) (load.Usage, error) {
		ctx, cancel := context.WithTimeout(ctx, usageTimeout)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(c.Node, "/")+"/metrics", nil)
		if err != nil {
			return load.Usage{}, err
		}
		request.Header.Set("Authorization", "Bearer "+c.Token)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return load.Usage{}, fmt.Errorf("%w at %s: %w", admin.ErrUnreachable, c.Node, err)
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return load.Usage{}, &admin.Problem{Status: response.StatusCode, Code: "unexpected", Detail: "the node answered a request for its metrics with " + response.Status}
		}
		return load.ReadUsage(io.LimitReader(response.Body, 64<<20))
	}
}
