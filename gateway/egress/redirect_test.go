package egress_test

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/gateway/egress"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

// echo answers with the method, the header fields that redirects treat, and the body.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	fmt.Fprint(w, r.Method)
	for _, name := range []string{"Authorization", "Cookie", "Content-Type", "Content-Language", "X-Kept"} {
		if v := r.Header.Get(name); v != "" {
			fmt.Fprintf(w, " %s=%s", name, v)
		}
	}
	fmt.Fprintf(w, " %q", body)
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	other := serve(t, echo)
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", echo)
	mux.HandleFunc("/same/{status}", func(w http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(r.PathValue("status"))
		w.Header().Set("Location", "../echo?q#fragment")
		w.WriteHeader(status)
	})
	mux.HandleFunc("/other/{status}", func(w http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(r.PathValue("status"))
		http.Redirect(w, r, other.URL+"/", status)
	})
	s := serve(t, mux.ServeHTTP)
	c := open(t, egress.Config{AllowPrivate: []string{hostPort(s), hostPort(other)}})

	const all = " Authorization=a Cookie=b Content-Type=c Content-Language=d X-Kept=e"
	for _, tc := range []struct{ name, method, path, want string }{
		{"301 makes POST a GET without a body", "POST", "/same/301", `GET Authorization=a Cookie=b X-Kept=e ""`},
		{"302 makes POST a GET without a body", "POST", "/same/302", `GET Authorization=a Cookie=b X-Kept=e ""`},
		{"303 makes POST a GET without a body", "POST", "/same/303", `GET Authorization=a Cookie=b X-Kept=e ""`},
		{"307 repeats POST", "POST", "/same/307", `POST` + all + ` "body"`},
		{"308 repeats POST", "POST", "/same/308", `POST` + all + ` "body"`},
		{"301 repeats PUT", "PUT", "/same/301", `PUT` + all + ` "body"`},
		{"302 repeats PATCH", "PATCH", "/same/302", `PATCH` + all + ` "body"`},
		{"303 makes PUT a GET without a body", "PUT", "/same/303", `GET Authorization=a Cookie=b X-Kept=e ""`},
		{"303 repeats GET", "GET", "/same/303", `GET` + all + ` ""`},
		{"another origin gets no Authorization and no Cookie", "GET", "/other/302", `GET Content-Type=c Content-Language=d X-Kept=e ""`},
		{"another origin gets the body", "POST", "/other/307", `POST Content-Type=c Content-Language=d X-Kept=e "body"`},
		{"300 is an answer", "GET", "/same/300", ``},
		{"304 is an answer", "GET", "/same/304", ``},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := &webapi.HTTPRequest{Method: tc.method, URL: s.URL + tc.path + "#here", Header: []webapi.Field{
				{Name: "authorization", Value: "a"}, {Name: "cookie", Value: "b"}, {Name: "content-type", Value: "c"},
				{Name: "content-language", Value: "d"}, {Name: "x-kept", Value: "e"},
			}}
			if tc.method != "GET" {
				r.Body = []byte("body")
			}
			response := fetch(t, c, r)
			if got := string(response.Body); got != tc.want {
				t.Errorf("\n got %s\nwant %s", got, tc.want)
			}
			wantURL := s.URL + tc.path
			if response.Redirected {
				if wantURL = s.URL + "/echo?q"; strings.HasPrefix(tc.path, "/other") {
					wantURL = other.URL + "/"
				}
			}
			if response.URL != wantURL {
				t.Errorf("the response's URL is %s, want %s", response.URL, wantURL)
			}
		})
	}
	t.Run("303 repeats HEAD", func(t *testing.T) {
		t.Parallel()
		response := fetch(t, c, &webapi.HTTPRequest{Method: "HEAD", URL: s.URL + "/same/303"})
		if response.Status != 200 || !response.Redirected || !response.Null {
			t.Errorf("%+v", response)
		}
	})
}

func TestRedirectModes(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/there", http.StatusFound) })
	c := open(t, egress.Config{AllowPrivate: []string{hostPort(s)}})

	manual := fetch(t, c, &webapi.HTTPRequest{Method: "GET", URL: s.URL, Redirect: "manual"})
	if manual.Status != 302 || field(manual, "Location") != "/there" || manual.Redirected || len(manual.Body) == 0 {
		t.Errorf("manual: %+v", manual)
	}
	fails(t, c, t.Context(), &webapi.HTTPRequest{Method: "GET", URL: s.URL, Redirect: "error"}, egress.ReasonRedirect)
	fails(t, c, t.Context(), &webapi.HTTPRequest{Method: "GET", URL: s.URL, Redirect: "maybe"}, egress.ReasonInvalid)
}

func TestRedirectsThatLeadNowhere(t *testing.T) {
	t.Parallel()
	closed := victim(t, "127.0.0.1:0")
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if to := r.URL.Query().Get("to"); to != "" {
			w.Header().Set("Location", to)
		}
		if r.URL.RawQuery == "again" {
			w.Header().Set("Location", r.URL.String())
		}
		if n, err := strconv.Atoi(r.URL.Query().Get("left")); err == nil && n > 0 {
			w.Header().Set("Location", fmt.Sprintf("/?left=%d", n-1))
		} else if err == nil {
			return
		}
		w.WriteHeader(http.StatusFound)
	})
	c := open(t, egress.Config{AllowPrivate: []string{hostPort(s)}})
	for _, tc := range []struct {
		name, query string
		want        egress.Reason
		text        string
	}{
		{"to a private address", "to=http://" + closed.Addr().String() + "/", egress.ReasonRefused, "http://" + closed.Addr().String() + ": the address is private"},
		{"to a private address, spelled otherwise", "to=//0x7f.1/", egress.ReasonRefused, "private"},
		{"to metadata", "to=http://169.254.169.254/latest/meta-data/", egress.ReasonRefused, "private"},
		{"to a closed port", "to=http://93.184.216.34:25/", egress.ReasonRefused, "port 25"},
		{"to a file", "to=file:///etc/passwd", egress.ReasonRedirect, "only http: and https:"},
		{"to gopher", "to=gopher://127.0.0.1:6379/_INFO", egress.ReasonRedirect, "only http: and https:"},
		{"to data", "to=data:text/plain,x", egress.ReasonRedirect, "only http: and https:"},
		{"to a URL with a password", "to=http://u:secret@127.0.0.1/", egress.ReasonRedirect, "password"},
		{"to what is no URL", "to=http://[", egress.ReasonRedirect, "the URL is not valid"},
		{"to itself", "again", egress.ReasonRedirect, "more than 20 redirects"},
		{"one too many", "left=21", egress.ReasonRedirect, "more than 20 redirects"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			text := fails(t, c, t.Context(), get(s.URL+"/?"+tc.query), tc.want)
			if !strings.Contains(text, tc.text) || strings.Contains(text, "secret") {
				t.Errorf("got  %s\nwant %s", text, tc.text)
			}
		})
	}
	t.Run("as many as may be", func(t *testing.T) {
		t.Parallel()
		if response := fetch(t, c, get(s.URL+"/?left=20")); response.Status != 200 || response.URL != s.URL+"/?left=0" {
			t.Errorf("%+v", response)
		}
	})
	t.Run("without a Location it is an answer", func(t *testing.T) {
		t.Parallel()
		if response := fetch(t, c, get(s.URL+"/")); response.Status != 302 {
			t.Errorf("%+v", response)
		}
	})
	t.Run("to what the function may not reach", func(t *testing.T) {
		t.Parallel()
		_, err := c.Fetch(t.Context(), []string{hostPort(s)}, get(s.URL+"/?to=http://example.com/"))
		if err == nil || !strings.Contains(err.Error(), `fetch http://example.com: this function may not go there; add "example.com:80" to allow`) {
			t.Error(err)
		}
	})
}
