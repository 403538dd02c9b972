package redis

import (
	"context"
	"crypto/tls"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/skerry-edge/skerry/kv"
)

// newClient returns a client for the servers of place, configured so that a call ends
// when it should and is done once.
func newClient(cfg Config, place place) redis.UniversalClient {
	redis.SetLogger(quiet{})
	if place.cluster {
		return redis.NewClusterClient(clusterOptions(cfg, place))
	}
	if place.sentinel != "" {
		return redis.NewFailoverClient(failoverOptions(cfg, place))
	}
	return redis.NewClient(options(cfg, place))
}

// options are those for one server. The others are made of them, so that what is said
// here holds for all.
func options(cfg Config, place place) *redis.Options {
	largest := cfg.Timeout + transferTime(kv.ValueBytesMax+headMax)
	return &redis.Options{
		Addr:      place.addrs[0],
		Username:  place.user,
		Password:  place.password,
		DB:        place.db,
		TLSConfig: tlsConfig(cfg, place),

		// Every call comes with a deadline that fits it. The client heeds it only if
		// told to, and only beneath these, which therefore fit the largest.
		ContextTimeoutEnabled: true,
		ReadTimeout:           largest,
		WriteTimeout:          largest,
		DialTimeout:           cfg.Timeout,
		PoolTimeout:           cfg.Timeout,

		// A refused call is better than a late one, and a repeated write may be wrong.
		MaxRetries:    -1,
		DialerRetries: 1,

		// Nothing may arrive on a connection but replies, in order: no pushed messages
		// (RESP3), no reply that was given up on (CLIENT SETINFO once did that).
		Protocol:                 2,
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},

		PoolSize:         cfg.Connections,
		PipelinePoolSize: -1, // listings use the same connections
		ReadBufferSize:   16 << 10,
		WriteBufferSize:  16 << 10,
	}
}

func clusterOptions(cfg Config, place place) *redis.ClusterOptions {
	o := options(cfg, place)
	return &redis.ClusterOptions{
		Addrs:    place.addrs,
		Username: o.Username, Password: o.Password, TLSConfig: o.TLSConfig,
		ContextTimeoutEnabled: o.ContextTimeoutEnabled, ReadTimeout: o.ReadTimeout, WriteTimeout: o.WriteTimeout,
		DialTimeout: o.DialTimeout, PoolTimeout: o.PoolTimeout,
		MaxRetries: o.MaxRetries, DialerRetries: o.DialerRetries,
		Protocol: o.Protocol, DisableIdentity: o.DisableIdentity, MaintNotificationsConfig: o.MaintNotificationsConfig,
		PoolSize: o.PoolSize, PipelinePoolSize: o.PipelinePoolSize,
		ReadBufferSize: o.ReadBufferSize, WriteBufferSize: o.WriteBufferSize,

		// Refused connections don't make the client look for a new primary: only this does.
		ClusterStateReloadInterval: time.Second,
		// Keys alone decide where a command goes, so nothing need be asked about commands.
		DisableRoutingPolicies: true,
	}
}

func failoverOptions(cfg Config, place place) *redis.FailoverOptions {
	o := options(cfg, place)
	return &redis.FailoverOptions{
		MasterName:       place.sentinel,
		SentinelAddrs:    place.addrs,
		SentinelUsername: place.sentinelUser,
		SentinelPassword: place.sentinelPassword,
		Username:         o.Username, Password: o.Password, DB: o.DB, TLSConfig: o.TLSConfig,
		ContextTimeoutEnabled: o.ContextTimeoutEnabled, ReadTimeout: o.ReadTimeout, WriteTimeout: o.WriteTimeout,
		DialTimeout: o.DialTimeout, PoolTimeout: o.PoolTimeout,
		MaxRetries: o.MaxRetries, DialerRetries: o.DialerRetries,
		Protocol: o.Protocol, DisableIdentity: o.DisableIdentity,
		PoolSize: o.PoolSize, PipelinePoolSize: o.PipelinePoolSize,
		ReadBufferSize: o.ReadBufferSize, WriteBufferSize: o.WriteBufferSize,
	}
}

func tlsConfig(cfg Config, place place) *tls.Config {
	if !place.tls {
		return nil
	}
	if cfg.TLS != nil {
		return cfg.TLS.Clone()
	}
	return &tls.Config{MinVersion: tls.VersionTLS12}
}

// quiet is a logger that says nothing. What the client would write to the process's
// standard error, callers get as errors.
type quiet struct{}

// Printf is called by the client.
func (quiet) Printf(context.Context, string, ...any) {}
