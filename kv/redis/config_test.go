package redis_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/redis"
	"github.com/skerry-edge/skerry/kv/redis/redistest"
)

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		cfg  redis.Config
		want string
	}{
		{"no URL", redis.Config{}, "URL"},
		{"a colon in the prefix", redis.Config{URL: "redis://h", Prefix: "a:b"}, "Prefix"},
		{"a brace in the prefix", redis.Config{URL: "redis://h", Prefix: "a}"}, "Prefix"},
		{"a long prefix", redis.Config{URL: "redis://h", Prefix: strings.Repeat("a", 65)}, "Prefix"},
		{"a negative timeout", redis.Config{URL: "redis://h", Timeout: -1}, "Timeout"},
		{"negative connections", redis.Config{URL: "redis://h", Connections: -1}, "Connections"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if _, err := redis.Open(tc.cfg); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error is %v, want one about %s", err, tc.want)
			}
		})
	}
}

func TestPrefixesAreApart(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	ours := open(t, redis.Config{URL: server.URL, Timeout: time.Minute})
	theirs := open(t, redis.Config{URL: server.URL, Prefix: "other", Timeout: time.Minute})
	put(t, ours, "k", "ours")
	if _, err := theirs.Get(t.Context(), "ns", "k"); !errors.Is(err, kv.ErrNotFound) {
		t.Errorf("Get with another prefix: %v, want ErrNotFound", err)
	}
	if keys := server.MustDo(t, "KEYS", "*"); strings.Contains(keys, "other") || !strings.Contains(keys, "{skerry:2:ns}:k:k") {
		t.Errorf("Redis has the keys %q", keys)
	}
}

func TestStoresShare(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	a, b := open(t, redis.Config{URL: server.URL, Timeout: time.Minute}), open(t, redis.Config{URL: server.URL, Timeout: time.Minute})
	v := put(t, a, "k", "from a")
	if e, err := b.Get(t.Context(), "ns", "k"); err != nil || string(e.Value) != "from a" || e.Version != v {
		t.Errorf("the other store's Get = %q, version %q, %v", e.Value, e.Version, err)
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")
	s := open(t, redis.Config{URL: server.URL, Timeout: time.Minute})
	if got, err := s.Warnings(t.Context()); err != nil || len(got) != 2 {
		t.Errorf("without a file and with eviction, warnings are %q, %v", got, err)
	}
	server.MustDo(t, "CONFIG", "SET", "appendonly", "yes")
	server.MustDo(t, "CONFIG", "SET", "maxmemory-policy", "noeviction")
	if got, err := s.Warnings(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("when all is well, warnings are %q, %v", got, err)
	}
}

func TestSentinelFollowsFailover(t *testing.T) {
	t.Parallel()
	primary := redistest.Start(t)
	host, port, _ := net.SplitHostPort(primary.Addr)
	replica := redistest.Start(t, "--replicaof", host+" "+port)
	sentinel := redistest.StartSentinel(t, "main", primary)
	s := open(t, redis.Config{URL: sentinel.URL + "/0?sentinel=main"})
	put(t, s, "k", "before")
	await(t, "the replica has the entry", func() bool {
		keys, err := replica.Do("DBSIZE")
		return err == nil && keys == "2"
	})
	await(t, "Sentinel knows the replica", func() bool {
		return strings.Contains(sentinel.MustDo(t, "SENTINEL", "REPLICAS", "main"), replica.Addr)
	})

	primary.Kill()
	await(t, "writes work again", func() bool {
		_, err := s.Put(t.Context(), "ns", "k2", kv.Entry{})
		if err != nil && !errors.Is(err, kv.ErrUnavailable) {
			t.Fatalf("Put during a failover: %v", err)
		}
		return err == nil
	})
	if e, err := s.Get(t.Context(), "ns", "k"); err != nil || string(e.Value) != "before" {
		t.Errorf("after the failover, Get = %q, %v", e.Value, err)
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	certificate, key, roots := selfSigned(t)
	server := redistest.Start(t, "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-auth-clients", "no")
	_, port, _ := net.SplitHostPort(redistest.FreeAddr(t))
	if reply, err := server.Do("CONFIG", "SET", "tls-port", port); err != nil {
		t.Skipf("SKIPPED: this redis-server has no TLS: %v %s", err, reply)
	}
	url := "rediss://127.0.0.1:" + port
	s := open(t, redis.Config{URL: url, TLS: &tls.Config{RootCAs: roots}, Timeout: time.Minute})
	put(t, s, "n", "1")
	everyCall(t.Context(), t, s, nil)

	unknown := open(t, redis.Config{URL: url, Timeout: time.Minute})
	if err := unknown.Ping(t.Context()); !errors.Is(err, kv.ErrUnavailable) || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("Ping of a server that no authority vouches for: %v", err)
	}
}

// selfSigned writes a certificate for 127.0.0.1 and its key into files.
func selfSigned(t *testing.T) (certificateFile, keyFile string, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	roots = x509.NewCertPool()
	roots.AddCert(certificate)
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", pkcs8), roots
}

// await waits until what is described is so.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
