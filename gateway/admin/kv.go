package admin

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/skerry-edge/skerry/kv"
)

// Headers that carry what a KV entry has beside its value.
const (
	MetadataHeader   = "X-Skerry-Metadata"   // JSON
	ExpirationHeader = "X-Skerry-Expiration" // seconds since 1970
	VersionHeader    = "X-Skerry-Version"
)

// entry returns the namespace and the key that a request names in its query. They are not
// in the path, which servers and proxies bring to a form of their own.
func entry(r *http.Request) (ns, key string, err error) {
	q := r.URL.Query()
	if !q.Has("namespace") || !q.Has("key") {
		return "", "", invalidf("the query needs namespace and key")
	}
	return q.Get("namespace"), q.Get("key"), nil
}

func (s *Server) kvGet(w http.ResponseWriter, r *http.Request) error {
	ns, key, err := entry(r)
	if err != nil {
		return err
	}
	e, err := s.cfg.KV.Get(r.Context(), ns, key)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set(VersionHeader, string(e.Version))
	if e.Metadata != nil {
		metadata, err := metadataHeader(e.Metadata)
		if err != nil {
			return err
		}
		h.Set(MetadataHeader, metadata)
	}
	if !e.ExpiresAt.IsZero() {
		h.Set(ExpirationHeader, strconv.FormatInt(e.ExpiresAt.Unix(), 10))
	}
	_, _ = w.Write(e.Value) // the caller may have left
	return nil
}

// metadataHeader returns metadata as it stands in a header: JSON in UTF-8, without the
// characters that a header can't have.
func metadataHeader(metadata []byte) (string, error) {
	var line bytes.Buffer
	if err := json.Compact(&line, metadata); err != nil {
		return "", invalidf("the metadata is no JSON: %v", err)
	}
	return strings.ReplaceAll(line.String(), "\x7f", `\u007f`), nil
}

// kvPut writes the body under a key. The query has ttl (seconds, may be a fraction) or
// expiration (seconds since 1970).
func (s *Server) kvPut(w http.ResponseWriter, r *http.Request) error {
	ns, key, err := entry(r)
	if err != nil {
		return err
	}
	value, err := readBody(w, r, "a value", kv.ValueBytesMax)
	if err != nil {
		return err
	}
	e := kv.Entry{Value: value}
	if m := r.Header.Get(MetadataHeader); m != "" {
		if !json.Valid([]byte(m)) {
			return invalidf("the metadata is no JSON: %s", m)
		}
		e.Metadata = []byte(m)
	}
	if e.ExpiresAt, err = expiry(r); err != nil {
		return err
	}
	version, err := s.cfg.KV.Put(r.Context(), ns, key, e)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, map[string]string{"version": string(version)})
}

// expirationMax is the last second of the year 9999.
const expirationMax = 253402300799

// expiry reads when the entry expires from the query; zero: never.
func expiry(r *http.Request) (time.Time, error) {
	q := r.URL.Query()
	ttl, at := q.Get("ttl"), q.Get("expiration")
	switch {
	case ttl != "" && at != "":
		return time.Time{}, invalidf("ttl and expiration exclude each other")
	case ttl != "":
		seconds, err := strconv.ParseFloat(ttl, 64)
		if err != nil || !(seconds > 0 && seconds <= math.MaxInt64/1e9) {
			return time.Time{}, invalidf("ttl %q: a number of seconds above 0, and below 9 billion, is needed", ttl)
		}
		return time.Now().Add(time.Duration(seconds * float64(time.Second))), nil
	case at != "":
		seconds, err := strconv.ParseInt(at, 10, 64)
		if err != nil || seconds <= time.Now().Unix() || seconds > expirationMax {
			return time.Time{}, invalidf("expiration %q: a time to come, in seconds since 1970, is needed", at)
		}
		return time.Unix(seconds, 0), nil
	default:
		return time.Time{}, nil
	}
}

func (s *Server) kvDelete(w http.ResponseWriter, r *http.Request) error {
	ns, key, err := entry(r)
	if err != nil {
		return err
	}
	if err := s.cfg.KV.Delete(r.Context(), ns, key); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// kvList lists keys: the query has namespace, prefix, cursor and limit.
func (s *Server) kvList(w http.ResponseWriter, r *http.Request) error {
	in := r.URL.Query()
	if !in.Has("namespace") {
		return invalidf("the query needs namespace")
	}
	q := kv.Query{Prefix: in.Get("prefix"), Cursor: in.Get("cursor")}
	if l := in.Get("limit"); l != "" {
		var err error
		if q.Limit, err = strconv.Atoi(l); err != nil || q.Limit < 1 {
			return invalidf("limit %q: a number from 1 to %d is needed", l, kv.ListLimitMax)
		}
	}
	page, err := s.cfg.KV.List(r.Context(), in.Get("namespace"), q)
	if err != nil {
		return err
	}
	out := KVPage{Keys: make([]KVKey, len(page.Keys)), Complete: page.Cursor == "", Cursor: page.Cursor}
	for i, k := range page.Keys {
		out.Keys[i].Name = k.Name
		if !k.ExpiresAt.IsZero() {
			out.Keys[i].Expiration = k.ExpiresAt.Unix()
		}
		if k.Metadata != nil {
			out.Keys[i].Metadata = json.RawMessage(k.Metadata)
		}
	}
	return reply(w, http.StatusOK, out)
}
