// Package redis is a kv.Store in Redis (or Valkey), 6.2 or newer: one server, one that
// Sentinel watches over, or a Cluster. It is shared by all nodes that use it.
//
// A [Store] talks to Redis for every call and keeps nothing: what one node has written,
// every node reads. A Get or Ask is one command (two for a value of more than 256 KB); when many
// want something of one server at once, their commands go in batches (reads.go), and a value
// of more than 16 KB may take two. Writes are scripts (script.go), which Redis runs one at a
// time, so that a value and the index that lists it never part.
//
// # Where things are
//
// A namespace has one hash tag, so all of it is in one slot of a Cluster: on one server,
// where scripts may touch it. Namespaces spread over the servers. See keyspace.go for the
// keys and record.go for the values.
//
// # When Redis is slow or away
//
// A call ends within about Config.Timeout, a read that waits for others within twice that,
// and at the deadline of its context if that is earlier. A context that is canceled
// meanwhile is noticed when the reply comes, or by then. Nothing is sent twice: whether to
// repeat a write that failed is for the caller to say, as it may have taken effect.
//
// # What survives
//
// A write that returned nil was accepted by the primary. What happens to it then is up to
// Redis: with appendonly and appendfsync everysec it survives the end of the Redis
// process, and a loss of power costs up to a second; with RDB snapshots alone it costs
// what came after the last one; a failover to a replica costs what had not reached it.
// A maxmemory-policy other than noeviction lets Redis drop entries when it likes.
// [Store.Warnings] looks for such settings.
package redis

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/skerry-edge/skerry/kv"
)

// Config says which Redis a Store uses, and how.
type Config struct {
	// URL says where Redis is. The scheme is redis, or rediss for TLS; the port may be
	// left out. Special characters in a user name or password are percent-encoded.
	//
	//	redis://[user:password@]host:6379[/db]                        one server
	//	redis://[user:password@]s1:26379,s2:26379[/db]?sentinel=NAME  the primary that these Sentinels know as NAME
	//	redis://[user:password@]n1:6379,n2:6379?cluster=true          a Cluster, of which these are some nodes
	//
	// The user and password are Redis's. Those of the Sentinels, if they have any, are
	// the parameters sentinel_user and sentinel_password.
	URL string

	// Prefix begins the names of all keys, so that several systems can share one Redis.
	// It is 1 to 64 letters, digits, and "-", "_", ".". Empty: "skerry".
	Prefix string

	// Timeout bounds a call, waiting for a connection included. A value of more than
	// 256 KB has a second more for each 20 MB. 0: 250 ms.
	Timeout time.Duration

	// Connections is the most that are open to one server at once. Calls past it wait.
	// 0: ten for each processor that Go uses.
	Connections int

	// TLS configures the connections of a rediss URL. nil: the system's certificate
	// authorities are trusted.
	TLS *tls.Config
}

func (c Config) withDefaults() Config {
	if c.Prefix == "" {
		c.Prefix = "skerry"
	}
	if c.Timeout == 0 {
		c.Timeout = 250 * time.Millisecond
	}
	return c
}

// Validate returns an error that names the field which can't be used.
func (c Config) Validate() error {
	_, err := parseURL(c.URL)
	switch {
	case err != nil:
		return err
	case c.Prefix != "" && !prefixes.MatchString(c.Prefix):
		return fmt.Errorf("redis: Config.Prefix is %q; use 1 to 64 letters, digits and -_. alone", c.Prefix)
	case c.Timeout < 0:
		return fmt.Errorf("redis: Config.Timeout is %v; use 0 for the default", c.Timeout)
	case c.Connections < 0:
		return fmt.Errorf("redis: Config.Connections is %d; use 0 for the default", c.Connections)
	}
	return nil
}

// prefixes has nothing in it that the keyspace gives a meaning to.
var prefixes = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// Store is a kv.Store, kv.Swapper, kv.Counter and kv.Asker in Redis.
type Store struct {
	client   redis.UniversalClient
	keyspace keyspace
	timeout  time.Duration
	single   bool // one server, at a known address
	reads    reads
}

var (
	_ kv.Store   = (*Store)(nil)
	_ kv.Swapper = (*Store)(nil)
	_ kv.Counter = (*Store)(nil)
	_ kv.Asker   = (*Store)(nil)
)

// Open returns a Store for the Redis at cfg.URL, which the caller must Close. It does not
// connect: while Redis is away calls fail with kv.ErrUnavailable, and work when it is
// back. Ping says whether it is there.
func Open(cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	place, err := parseURL(cfg.URL)
	if err != nil {
		return nil, err
	}
	s := &Store{
		client:   newClient(cfg, place),
		keyspace: keyspace{prefix: cfg.Prefix},
		timeout:  cfg.Timeout,
		single:   !place.cluster && place.sentinel == "",
	}
	s.reads.client, s.reads.timeout = s.client, s.timeout+transferTime(window)
	return s, nil
}

// Close closes the connections. Calls made later fail with kv.ErrUnavailable.
func (s *Store) Close() error {
	err := s.client.Close()
	s.reads.close()
	if err != nil && !errors.Is(err, redis.ErrClosed) {
		return fmt.Errorf("redis: close: %w", err)
	}
	return nil
}

// Ping returns nil if Redis answers, lets us in and has our data loaded.
func (s *Store) Ping(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	bounded, cancel := s.bound(ctx, 0)
	defer cancel()
	// A real key, as a PING is answered by any node of a Cluster in any state.
	name := s.keyspace.index("ping")
	return s.fail(ctx, "look for", name, s.client.Exists(bounded, name).Err())
}

// Get is kv.Store's.
func (s *Store) Get(ctx context.Context, ns, key string) (kv.Entry, error) {
	if err := kv.CheckKey(ns, key); err != nil {
		return kv.Entry{}, err
	}
	if err := ctx.Err(); err != nil {
		return kv.Entry{}, err
	}
	name := s.keyspace.value(ns, key)
	first, cancel := s.bound(ctx, window)
	defer cancel()
	b, asked, err := s.begin(ctx, first, name)
	if err != nil {
		return kv.Entry{}, s.fail(ctx, "get", name, err)
	}
	if r := record(b); r.goesOn(name, asked) {
		return s.getWhole(ctx, name, r.size())
	}
	return record(b).entry(name)
}

// Ask is kv.Asker's.
func (s *Store) Ask(ns, key string, done func(kv.Entry, error)) {
	if err := kv.CheckKey(ns, key); err != nil {
		done(kv.Entry{}, err)
		return
	}
	ctx := context.Background()
	if !s.single {
		s.reads.background(func() { done(s.Get(ctx, ns, key)) })
		return
	}
	name := s.keyspace.value(ns, key)
	s.reads.ask(name, func(b []byte, asked int, err error) {
		switch r := record(b); {
		case err != nil:
			done(kv.Entry{}, s.fail(ctx, "get", name, err))
		case r.goesOn(name, asked):
			s.reads.background(func() { done(s.getWhole(ctx, name, r.size())) })
		default:
			done(r.entry(name))
		}
	})
}

// window is how much of a record is read at first. It is also the most that one reply may
// hold up other callers of Redis by, for those who have only smaller values.
const window = 256 << 10

// getWhole is Get for a record of size bytes, more than is read at first. One range of a record
// has its size in it: so a small value costs one command with a short deadline, and a large
// one gets the time that it needs.
func (s *Store) getWhole(ctx context.Context, name string, size int) (kv.Entry, error) {
	bounded, cancel := s.bound(ctx, size)
	defer cancel()
	b, err := s.client.Get(bounded, name).Bytes()
	if err != nil && !errors.Is(err, redis.Nil) {
		return kv.Entry{}, s.fail(ctx, "get", name, err)
	}
	return record(b).entry(name)
}

// begin reads the beginning of a record, and says how much of it was asked for.
func (s *Store) begin(ctx, bounded context.Context, name string) (b []byte, asked int, err error) {
	if s.single {
		return s.reads.get(ctx, bounded, name)
	}
	// In a Cluster a batch would wait for the slowest of its servers.
	b, err = s.client.GetRange(bounded, name, 0, window-1).Bytes()
	return b, window, err
}

// Put is kv.Store's.
func (s *Store) Put(ctx context.Context, ns, key string, e kv.Entry) (kv.Version, error) {
	return s.write(ctx, putScript, ns, key, e)
}

// Swap is kv.Swapper's.
func (s *Store) Swap(ctx context.Context, ns, key string, old kv.Version, e kv.Entry) (kv.Version, error) {
	return s.write(ctx, swapScript, ns, key, e, string(old))
}

// write runs a script that writes e, with the given arguments after its own.
func (s *Store) write(ctx context.Context, script *script, ns, key string, e kv.Entry, more ...any) (kv.Version, error) {
	if err := kv.CheckEntry(ns, key, e); err != nil {
		return "", err
	}
	version := newVersion()
	name := s.keyspace.value(ns, key)
	r := newRecord(name, version, e)
	args := append([]any{[]byte(r), key, r.expiresAt()}, more...)
	reply, err := s.run(ctx, script, len(r), []string{name, s.keyspace.index(ns), s.keyspace.expiring(ns)}, args...)
	if err != nil {
		return "", err
	}
	switch outcome, _ := reply.(string); outcome {
	case "written":
		return version, nil
	case "expired":
		return "", nil
	case "conflict":
		return "", kv.ErrConflict
	default:
		return "", corrupt(name, "it is not a record of this key")
	}
}

// Add is kv.Counter's.
func (s *Store) Add(ctx context.Context, ns, key string, delta int64) (int64, error) {
	if err := kv.CheckKey(ns, key); err != nil {
		return 0, err
	}
	name := s.keyspace.value(ns, key)
	head := newRecord(name, newVersion(), kv.Entry{}) // the script makes the rest
	reply, err := s.run(ctx, addScript, 0, []string{name, s.keyspace.index(ns), s.keyspace.expiring(ns)}, []byte(head[:expiryAt]), key, delta)
	if err != nil {
		return 0, err
	}
	return addOutcome(name, reply)
}

// Delete is kv.Store's.
func (s *Store) Delete(ctx context.Context, ns, key string) error {
	if err := kv.CheckKey(ns, key); err != nil {
		return err
	}
	_, err := s.run(ctx, deleteScript, 0, []string{s.keyspace.value(ns, key), s.keyspace.index(ns), s.keyspace.expiring(ns)}, key)
	return err
}

// newVersion returns a version that nobody has seen before. It is drawn and not counted:
// a counter would repeat itself after a failover to a replica that had missed its last
// steps, and a stale swap would then succeed.
func newVersion() kv.Version { return kv.Version(rand.Text()) }
