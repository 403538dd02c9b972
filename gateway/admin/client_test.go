package admin_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/skerry-edge/skerry/gateway/admin"
)

func TestClientOfWhatIsNoNode(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name         string
		answer       http.HandlerFunc
		code, detail string // of a problem; empty: another error
	}{
		{"another program", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<h1>no</h1>", http.StatusNotFound) }, "unexpected", "404 Not Found, which is no answer of a Skerry node; is http"},
		{"a proxy", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "{}", http.StatusBadGateway) }, "unexpected", "502 Bad Gateway"},
		{"a problem without code", func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"detail":"x"}`, http.StatusInternalServerError)
		}, "unexpected", "500"},
		{"a page", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<h1>hello</h1>")) }, "", "the answer is no JSON of the right form"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(tc.answer)
			defer server.Close()
			c := admin.Client{Node: server.URL, Token: token, HTTP: server.Client()}
			_, err := c.Functions(t.Context())
			if tc.code != "" {
				wantCode(t, err, tc.code, tc.detail)
			} else if err == nil || errors.Is(err, admin.ErrUnreachable) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestClientOfANodeThatIsNotThere(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	c := admin.Client{Node: server.URL, HTTP: server.Client()}
	_, err := c.Status(t.Context())
	if !errors.Is(err, admin.ErrUnreachable) {
		t.Errorf("got %v", err)
	}
	if err := c.Tail(t.Context(), "", nil, nil); !errors.Is(err, admin.ErrUnreachable) {
		t.Errorf("tail: got %v", err)
	}
	c.Node = "http://a b"
	if _, err := c.Status(t.Context()); err == nil || errors.Is(err, admin.ErrUnreachable) {
		t.Errorf("an address that is none: got %v", err)
	}
}

func TestClientWithoutTheToken(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.Token = ""
	_, err := n.Functions(t.Context())
	wantCode(t, err, "unauthorized", "it is in the file admin.token of the node's data directory")
}

func TestANodeThatGoesAwayEndsATail(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("{\"type\":\"log\"}\n\n{\"ty"))
		panic(http.ErrAbortHandler)
	}))
	defer server.Close()
	c := admin.Client{Node: server.URL, HTTP: server.Client()}
	lines := 0
	err := c.Tail(t.Context(), "", nil, func(json.RawMessage) error { lines++; return nil })
	if !errors.Is(err, admin.ErrUnreachable) || lines > 1 {
		t.Errorf("got %d lines, %v", lines, err)
	}
}
