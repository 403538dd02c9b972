package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/skerry-edge/skerry/kv"
)

// Client calls the control API of a node. It is safe for concurrent use.
//
// Errors that the node answers with are *Problem; ErrUnreachable is wrapped by those of
// getting there.
type Client struct {
	Node  string // the admin address: "http://127.0.0.1:8788"
	Token string
	HTTP  *http.Client // nil: http.DefaultClient
}

// ErrUnreachable says that the node did not answer.
var ErrUnreachable = errors.New("the node does not answer")

// Status asks the node how it is.
func (c *Client) Status(ctx context.Context) (Status, error) {
	return get[Status](ctx, c, "/v1/status", nil)
}

// Functions lists the functions that are live.
func (c *Client) Functions(ctx context.Context) ([]Function, error) {
	return get[[]Function](ctx, c, "/v1/functions", nil)
}

// Versions lists the versions of a function, the oldest first.
func (c *Client) Versions(ctx context.Context, function string) ([]Version, error) {
	return get[[]Version](ctx, c, "/v1/functions/"+url.PathEscape(function)+"/versions", nil)
}

// Push uploads an encoded bundle and makes it the next version of function.
func (c *Client) Push(ctx context.Context, function string, bundle io.Reader, message string) (Change, error) {
	var q url.Values
	if message != "" {
		q = url.Values{"message": {message}}
	}
	return call[Change](ctx, c, http.MethodPost, "/v1/functions/"+url.PathEscape(function)+"/versions", q, bundle,
		http.Header{"Content-Type": {"application/octet-stream"}})
}

// Rollback makes an earlier version live; 0 is the one before.
func (c *Client) Rollback(ctx context.Context, function string, version int) (Change, error) {
	return send[Change](ctx, c, http.MethodPost, "/v1/functions/"+url.PathEscape(function)+"/rollback", map[string]int{"version": version})
}

// Remove takes a function down.
func (c *Client) Remove(ctx context.Context, function string) (Change, error) {
	return call[Change](ctx, c, http.MethodDelete, "/v1/functions/"+url.PathEscape(function), nil, nil, nil)
}

// Invoke runs one event by hand.
func (c *Client) Invoke(ctx context.Context, function string, in Invocation) (Invoked, error) {
	return send[Invoked](ctx, c, http.MethodPost, "/v1/functions/"+url.PathEscape(function)+"/invoke", in)
}

// Quarantine lists the versions that have cost a process of the node.
func (c *Client) Quarantine(ctx context.Context) ([]Quarantined, error) {
	return get[[]Quarantined](ctx, c, "/v1/quarantine", nil)
}

// Lift lets all versions of a function run with the others again, on this node. A function
// that has none in quarantine is a *Problem with code "not_quarantined".
func (c *Client) Lift(ctx context.Context, function string) error {
	response, err := c.do(ctx, http.MethodDelete, "/v1/quarantine/"+url.PathEscape(function), nil, nil, nil)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// Tail calls line with each JSON document that functions log, until ctx ends, the node
// goes away, or line returns an error. An empty function is all of them. started, if not
// nil, is called once lines can come.
func (c *Client) Tail(ctx context.Context, function string, started func(), line func(json.RawMessage) error) error {
	response, err := c.do(ctx, http.MethodGet, "/v1/tail", url.Values{"function": {function}}, nil, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if started != nil {
		started()
	}
	d := json.NewDecoder(response.Body)
	for {
		var document json.RawMessage
		if err := d.Decode(&document); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("tail: %w: %w", ErrUnreachable, err)
		}
		if err := line(document); err != nil {
			return err
		}
	}
}

// KVList lists a page of keys.
func (c *Client) KVList(ctx context.Context, ns, prefix, cursor string, limit int) (KVPage, error) {
	q := url.Values{"namespace": {ns}, "prefix": {prefix}, "cursor": {cursor}}
	if limit > 0 {
		q.Set("limit", strconv.Itoa(limit))
	}
	return get[KVPage](ctx, c, "/v1/kv/keys", q)
}

// KVGet reads a key. A key that is not there is a *Problem with code "not_found".
func (c *Client) KVGet(ctx context.Context, ns, key string) (kv.Entry, error) {
	response, err := c.do(ctx, http.MethodGet, "/v1/kv/entry", kvEntry(ns, key), nil, nil)
	if err != nil {
		return kv.Entry{}, err
	}
	defer response.Body.Close()
	value, err := io.ReadAll(response.Body)
	if err != nil {
		return kv.Entry{}, fmt.Errorf("read %s: %w: %w", key, ErrUnreachable, err)
	}
	e := kv.Entry{Value: value, Version: kv.Version(response.Header.Get(VersionHeader))}
	if m := response.Header.Get(MetadataHeader); m != "" {
		e.Metadata = []byte(m)
	}
	if at, err := strconv.ParseInt(response.Header.Get(ExpirationHeader), 10, 64); err == nil {
		e.ExpiresAt = time.Unix(at, 0)
	}
	return e, nil
}

// KVPut writes a key, with metadata (JSON, empty: none), for ttl (0: for ever).
func (c *Client) KVPut(ctx context.Context, ns, key string, value []byte, metadata string, ttl time.Duration) error {
	q, h := kvEntry(ns, key), http.Header{"Content-Type": {"application/octet-stream"}}
	if ttl > 0 {
		q.Set("ttl", strconv.FormatFloat(ttl.Seconds(), 'f', -1, 64))
	}
	if metadata != "" {
		line, err := metadataHeader([]byte(metadata))
		if err != nil {
			return err
		}
		h.Set(MetadataHeader, line)
	}
	_, err := call[json.RawMessage](ctx, c, http.MethodPut, "/v1/kv/entry", q, bytes.NewReader(value), h)
	return err
}

// KVDelete makes a key absent.
func (c *Client) KVDelete(ctx context.Context, ns, key string) error {
	response, err := c.do(ctx, http.MethodDelete, "/v1/kv/entry", kvEntry(ns, key), nil, nil)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// kvEntry is the query that names a key.
func kvEntry(ns, key string) url.Values {
	return url.Values{"namespace": {ns}, "key": {key}}
}

func get[T any](ctx context.Context, c *Client, path string, q url.Values) (T, error) {
	return call[T](ctx, c, http.MethodGet, path, q, nil, nil)
}

// send calls with a JSON body.
func send[T any](ctx context.Context, c *Client, method, path string, body any) (T, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return *new(T), err
	}
	return call[T](ctx, c, method, path, nil, bytes.NewReader(text), http.Header{"Content-Type": {"application/json"}})
}

// call makes one call and decodes its answer.
func call[T any](ctx context.Context, c *Client, method, path string, q url.Values, body io.Reader, h http.Header) (T, error) {
	var out T
	response, err := c.do(ctx, method, path, q, body, h)
	if err != nil {
		return out, err
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&out); err != nil {
		return out, fmt.Errorf("%s %s: the answer is no JSON of the right form: %w", method, path, err)
	}
	return out, nil
}

// do makes one call; an answer that is no success is a *Problem.
func (c *Client) do(ctx context.Context, method, path string, q url.Values, body io.Reader, h http.Header) (*http.Response, error) {
	target := strings.TrimSuffix(c.Node, "/") + path
	if len(q) > 0 {
		target += "?" + q.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return nil, fmt.Errorf("the node's address %q: %w", c.Node, err)
	}
	for name, values := range h {
		request.Header[http.CanonicalHeaderKey(name)] = values
	}
	request.Header.Set("Authorization", "Bearer "+c.Token)
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%w at %s: %w", ErrUnreachable, c.Node, err)
	}
	if response.StatusCode < 300 {
		return response, nil
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	p := &Problem{Status: response.StatusCode}
	if json.Unmarshal(text, p) != nil || p.Code == "" {
		p.Code, p.Detail = "unexpected", fmt.Sprintf("%s answered %s, which is no answer of a Skerry node; is %s its admin address?", target, response.Status, c.Node)
	}
	return nil, p
}
