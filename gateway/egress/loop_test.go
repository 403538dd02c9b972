package egress_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/skerry-edge/skerry/gateway/egress"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

// A function that fetches itself, as a server that does.
func TestLoops(t *testing.T) {
	t.Parallel()
	var c *egress.Client
	var calls atomic.Int32
	s := serve(t, nil)
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		ctx := egress.WithLoop(r.Context(), strings.Join(r.Header["Cdn-Loop"], ","))
		self := get(s.URL)
		self.Header = []webapi.Field{{Name: "CDN-Loop", Value: "skerry; hops=0"}} // it tries to hide
		response, err := c.Fetch(ctx, nil, self)
		if err == nil {
			err = readAll(ctx, response)
		}
		if err != nil {
			_, _ = w.Write([]byte(err.Error()))
			return
		}
		_, _ = w.Write(response.Body)
	})
	c = open(t, egress.Config{AllowPrivate: []string{hostPort(s)}})
	response := fetch(t, c, get(s.URL))
	if want := "8 deep: do functions call themselves?"; !strings.Contains(string(response.Body), want) || calls.Load() != egress.HopsMax {
		t.Errorf("%d calls ended with %s", calls.Load(), response.Body)
	}
}

func TestLoopHeader(t *testing.T) {
	t.Parallel()
	var sent string
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) { sent = strings.Join(r.Header["Cdn-Loop"], "|") })
	c := open(t, egress.Config{AllowPrivate: []string{hostPort(s)}})
	for _, tc := range []struct{ name, received, want string }{
		{"nothing", "", "skerry; hops=1"},
		{"a hop", "skerry; hops=1", "skerry; hops=2"},
		{"a hop in another case, packed", "SKERRY;x=y;hops=6", "skerry; hops=7"},
		{"others stay", `cloudflare; loops=1, a.example;t="x, skerry; hops=7 \" ,"`, `cloudflare; loops=1, a.example;t="x, skerry; hops=7 \" ,", skerry; hops=1`},
		{"others around", "a, skerry; hops=2 , b", "a, b, skerry; hops=3"},
		{"twice", "skerry; hops=2, skerry; hops=4, skerry", "skerry; hops=5"},
		{"no number", "skerry", "skerry; hops=2"},
		{"not a number", "skerry; hops=-5", "skerry; hops=2"},
		{"a name that begins alike", "skerryx; hops=8", "skerryx; hops=8, skerry; hops=1"},
		{"empty members", ", ,", "skerry; hops=1"},
		{"what can't be sent is dropped", "a\r\nb, c", "c, skerry; hops=1"},
		{"what is long is dropped", strings.Repeat("a,", 400) + "skerry", "skerry; hops=2"},
		{"an open quote hides nothing", `a="b, skerry; hops=3`, "skerry; hops=4"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := c.Fetch(egress.WithLoop(t.Context(), tc.received), nil, get(s.URL)); err != nil {
				t.Fatal(err)
			}
			if sent != tc.want {
				t.Errorf("\n got %s\nwant %s", sent, tc.want)
			}
		})
	}
	for _, received := range []string{"skerry; hops=8", "a, skerry;hops=65535, b", "skerry; hops=7, skerry; hops=9"} {
		fails(t, c, egress.WithLoop(context.Background(), received), get(s.URL), egress.ReasonLoop)
	}
}
