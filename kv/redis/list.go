package redis

import (
	"bytes"
	"context"

	"github.com/redis/go-redis/v9"

	"github.com/skerry-edge/skerry/kv"
)

// headMax is the most that a listing needs of a record: everything but the value.
const headMax = metaAt + kv.MetadataBytesMax

// List is kv.Store's. It costs two commands: one for the names, and one that is many, for
// the heads of their records.
func (s *Store) List(ctx context.Context, ns string, q kv.Query) (kv.Page, error) {
	scan, err := kv.NewScan(ns, q)
	if err != nil {
		return kv.Page{}, err
	}
	names, err := s.names(ctx, ns, scan)
	if err != nil {
		return kv.Page{}, err
	}
	var page kv.Page
	if len(names) > scan.Limit {
		names = names[:scan.Limit]
		page.Cursor = scan.Cursor(names[scan.Limit-1])
	}
	page.Keys, err = s.heads(ctx, ns, names)
	if err != nil {
		return kv.Page{}, err
	}
	return page, nil
}

// names returns the names of a page from the index, and one more if there are more.
func (s *Store) names(ctx context.Context, ns string, scan kv.Scan) ([]string, error) {
	reply, err := s.run(ctx, listScript, scan.Limit*kv.KeyBytesMax, []string{s.keyspace.index(ns), s.keyspace.expiring(ns)},
		"["+scan.From, lexEnd(scan.Prefix), scan.Limit+1)
	if err != nil {
		return nil, err
	}
	items, _ := reply.([]any)
	names := make([]string, len(items))
	for i, item := range items {
		names[i], _ = item.(string)
	}
	return names, nil
}

// heads returns the lines of a listing for those of names that are there.
func (s *Store) heads(ctx context.Context, ns string, names []string) ([]kv.Key, error) {
	if len(names) == 0 {
		return nil, nil
	}
	bounded, cancel := s.bound(ctx, len(names)*headMax)
	defer cancel()
	pipe := s.client.Pipeline()
	records := make([]string, len(names))
	cmds := make([]*redis.StringCmd, len(names))
	for i, name := range names {
		records[i] = s.keyspace.value(ns, name)
		cmds[i] = pipe.GetRange(bounded, records[i], 0, headMax-1)
	}
	_, _ = pipe.Exec(bounded) // its error is that of one of cmds
	keys := make([]kv.Key, 0, len(names))
	for i, cmd := range cmds {
		head, err := cmd.Bytes()
		if err != nil {
			return nil, s.fail(ctx, "get the head of", records[i], err)
		}
		if len(head) == 0 {
			continue // it expired or was deleted meanwhile
		}
		r := record(head)
		if err := r.checkHead(records[i]); err != nil {
			return nil, err
		}
		keys = append(keys, kv.Key{
			Name:      names[i],
			Metadata:  bytes.Clone(r.metadata()), // alone, so that it doesn't keep the whole head in memory
			ExpiresAt: kv.FromMillis(r.expiresAt()),
			Version:   r.version(),
		})
	}
	return keys, nil
}

// lexEnd returns the end of a range of the index that has all names with prefix, as
// ZRANGEBYLEX takes it: before the first string that is past them.
func lexEnd(prefix string) string {
	b := []byte(prefix)
	for len(b) > 0 && b[len(b)-1] == 0xff {
		b = b[:len(b)-1]
	}
	if len(b) == 0 {
		return "+"
	}
	b[len(b)-1]++
	return "(" + string(b)
}
