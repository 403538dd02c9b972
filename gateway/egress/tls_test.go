package egress_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/gateway/egress"
)

// serveTLS starts an HTTPS server with a certificate for 127.0.0.1 and example.com.
func serveTLS(t testing.TB, handler http.HandlerFunc, certificate *tls.Certificate) (*httptest.Server, *x509.CertPool) {
	t.Helper()
	s := httptest.NewUnstartedServer(handler)
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that the client is to break off
	if certificate != nil {
		s.TLS = &tls.Config{Certificates: []tls.Certificate{*certificate}}
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return s, roots
}

func TestHTTP2(t *testing.T) {
	t.Parallel()
	s, roots := serveTLS(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Seen", r.Proto+" "+r.RequestURI)
		fields, _ := strconv.Atoi(r.URL.Query().Get("fields"))
		for i := range fields {
			w.Header().Set("X-Large-"+strconv.Itoa(i), strings.Repeat("x", 1000))
		}
	}, nil)
	c := open(t, egress.Config{AllowPrivate: []string{hostPort(s)}, RootCAs: roots})
	for path, want := range map[string]string{"/a|b?": "/a|b?", "//a%2Fb": "//a%2Fb"} {
		response := fetch(t, c, get(s.URL+path))
		if got := field(response, "X-Seen"); got != "HTTP/2.0 "+want || response.StatusText != "" {
			t.Errorf("got %q, status text %q; want HTTP/2.0 %s", got, response.StatusText, want)
		}
	}
	fetch(t, c, get(s.URL+"/?fields=60"))
	text := fails(t, c, t.Context(), get(s.URL+"/?fields=66"), egress.ReasonTooLarge)
	if !strings.Contains(text, "head is larger than 64 KB") {
		t.Error(text)
	}
	text = fails(t, c, t.Context(), get(s.URL+"/?fields=1000"), egress.ReasonBadResponse)
	if !strings.Contains(text, "not valid HTTP/2, or its head is larger than 64 KB") {
		t.Error(text)
	}
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	s, roots := serveTLS(t, func(http.ResponseWriter, *http.Request) {}, nil)
	old, oldRoots := serveTLS(t, func(http.ResponseWriter, *http.Request) {}, expired(t))
	plain := serve(t, func(http.ResponseWriter, *http.Request) {})
	_, port, _ := net.SplitHostPort(hostPort(s))
	resolver := names(t, always(map[string][]string{"example.com": {"127.0.0.1"}, "other.example": {"127.0.0.1"}}))
	for _, tc := range []struct {
		name, url string
		roots     *x509.CertPool
		want      string // empty: success
	}{
		{"a name in it", "https://example.com:" + port, roots, ""},
		{"a name in it, with a dot at the end", "https://example.com.:" + port, roots, ""},
		{"another name", "https://other.example:" + port, roots, "the certificate is for another host than other.example"},
		{"nobody vouches for it", s.URL, x509.NewCertPool(), "the certificate can't be trusted: certificate signed by unknown authority"},
		{"expired", old.URL, oldRoots, "the certificate can't be trusted: certificate has expired"},
		{"no TLS at all", "https://" + hostPort(plain), roots, "the server doesn't speak TLS on this port"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := open(t, egress.Config{AllowPrivate: []string{"127.0.0.1:*"}, RootCAs: tc.roots, Resolver: resolver})
			if tc.want == "" {
				fetch(t, c, get(tc.url))
				return
			}
			if text := fails(t, c, t.Context(), get(tc.url), egress.ReasonTLS); !strings.Contains(text, tc.want) {
				t.Errorf("\n got %s\nwant %s", text, tc.want)
			}
		})
	}
}

// expired returns a certificate whose time is over.
func expired(t testing.TB) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(-24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
