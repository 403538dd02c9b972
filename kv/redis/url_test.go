package redis

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestParseURL(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		url  string
		want place
	}{
		{"redis://localhost", place{addrs: []string{"localhost:6379"}}},
		{"redis://localhost/", place{addrs: []string{"localhost:6379"}}},
		{"redis://10.0.0.1:7000/3", place{addrs: []string{"10.0.0.1:7000"}, db: 3}},
		{"redis://[::1]", place{addrs: []string{"[::1]:6379"}}},
		{"redis://[::1]:7000", place{addrs: []string{"[::1]:7000"}}},
		{"rediss://r.example.com", place{tls: true, addrs: []string{"r.example.com:6379"}}},
		{"redis://:secret@h", place{addrs: []string{"h:6379"}, password: "secret"}},
		{"redis://user@h", place{addrs: []string{"h:6379"}, user: "user"}},
		{"redis://us%3aer:se%2Fc%3Fr%40e:t@h", place{addrs: []string{"h:6379"}, user: "us:er", password: "se/c?r@e:t"}},
		{"redis://user:p@ss@h", place{addrs: []string{"h:6379"}, user: "user", password: "p@ss"}},
		{"redis://s1,s2:7000,s1/2?sentinel=main", place{addrs: []string{"s1:26379", "s2:7000"}, db: 2, sentinel: "main"}},
		{"redis://s1?sentinel=main&sentinel_user=u&sentinel_password=p%26", place{addrs: []string{"s1:26379"}, sentinel: "main", sentinelUser: "u", sentinelPassword: "p&"}},
		{"rediss://u:p@n1,n2:7000,[::1]:7001?cluster=true", place{tls: true, addrs: []string{"n1:6379", "n2:7000", "[::1]:7001"}, user: "u", password: "p", cluster: true}},
		{"redis://n1/0?cluster=1", place{addrs: []string{"n1:6379"}, cluster: true}},
		{"redis://n1?cluster=false", place{addrs: []string{"n1:6379"}}},
	} {
		t.Run(tc.url, func(t *testing.T) {
			t.Parallel()
			got, err := parseURL(tc.url)
			if err != nil || !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got %+v, %v\nwant %+v", got, err, tc.want)
			}
		})
	}
}

func TestParseURLRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ url, want string }{
		{"", "does not begin"},
		{"localhost:6379", "does not begin"},
		{"http://h", "does not begin"},
		{"REDIS://h", "does not begin"},
		{"redis://", "host is empty"},
		{"redis://:secret", "port"},
		{"redis://user:sec/ret@h", "port"},
		{"redis://user:sec?ret@h", "parameter"},
		{"redis://user:se%ZZcret@h", "percent-encoded"},
		{"redis://:7000", "host is empty"},
		{"redis://h:", "port"},
		{"redis://h:0", "port"},
		{"redis://h:65536", "port"},
		{"redis://h:-1", "port"},
		{"redis://h:1:2", "character"},
		{"redis://::1", "character"},
		{"redis://[::1", "character"},
		{"redis://[h]", "character"},
		{"redis://h h", "character"},
		{"redis://h\x00", "character"},
		{"redis://h,", "host is empty"},
		{"redis://h,i", "several hosts"},
		{"redis://h/x", "database"},
		{"redis://h/-1", "database"},
		{"redis://h/1/2", "database"},
		{"redis://h/99999999999", "database"},
		{"redis://h#fragment", "path"},
		{"redis://h?secret=1", "parameter"},
		{"redis://h?cluster=perhaps", "neither"},
		{"redis://h?sentinel=", "does not name"},
		{"redis://h?sentinel=m&cluster=true", "exclude"},
		{"redis://h?sentinel_password=secret", "no parameter sentinel"},
		{"redis://h/1?cluster=true", "only the database 0"},
		{"redis://h?a=%ZZsecret", "percent-encoded"},
	} {
		t.Run(tc.url, func(t *testing.T) {
			t.Parallel()
			_, err := parseURL(tc.url)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("error is %v, want one about %q", err, tc.want)
			}
			if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "sec") && strings.Contains(tc.url, "sec/") {
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
}

func FuzzParseURL(f *testing.F) {
	for _, url := range []string{"redis://h", "rediss://u:p@[::1]:7000/3", "redis://a,b?sentinel=m", "redis://a,b?cluster=1", "redis://%@%", "redis://@:@:@", "://", "redis://h/?#"} {
		f.Add(url)
	}
	f.Fuzz(func(t *testing.T, url string) {
		p, err := parseURL(url)
		if err != nil {
			return
		}
		if len(p.addrs) == 0 || slices.Contains(p.addrs, "") || p.db < 0 || p.cluster && (p.sentinel != "" || p.db != 0) {
			t.Errorf("%q is %+v", url, p)
		}
	})
}
