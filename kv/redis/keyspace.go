package redis

import "strconv"

// A keyspace names the Redis keys of namespaces. For the namespace "shop" of the prefix
// "skerry" they are
//
//	{skerry:4:shop}:k:KEY   the record of KEY
//	{skerry:4:shop}:i       the index: a sorted set of all keys, their scores 0
//	{skerry:4:shop}:x       the keys that expire: a sorted set by milliseconds since 1970
//
// The names are raw bytes. The length before the namespace (in bytes) says where it ends
// whatever is in it, so no two pairs of namespace and key share a name; and a prefix has
// no colon, so neither do two prefixes. Redis Cluster takes what is between the first "{"
// and the first "}" after it for the slot: that is the same for all keys of a namespace,
// even one that has braces of its own.
type keyspace struct{ prefix string }

// value names the record of a key.
func (k keyspace) value(ns, key string) string {
	return "{" + k.prefix + ":" + strconv.Itoa(len(ns)) + ":" + ns + "}:k:" + key
}

func (k keyspace) index(ns string) string {
	return "{" + k.prefix + ":" + strconv.Itoa(len(ns)) + ":" + ns + "}:i"
}

func (k keyspace) expiring(ns string) string {
	return "{" + k.prefix + ":" + strconv.Itoa(len(ns)) + ":" + ns + "}:x"
}
