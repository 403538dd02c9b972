package redis

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// place is what a URL says about where Redis is. Config.URL documents the forms.
type place struct {
	tls            bool
	addrs          []string // host:port, at least one
	user, password string
	db             int

	cluster                        bool
	sentinel                       string // the primary's name; empty: no Sentinel
	sentinelUser, sentinelPassword string
}

const urlForms = "redis://host:6379/0, redis://s1:26379,s2:26379/0?sentinel=NAME or redis://n1:6379,n2:6379?cluster=true (rediss:// for TLS)"

// parseURL reads a URL. Its errors repeat nothing of it: any part of a URL that is written
// wrong may be a part of a password.
func parseURL(s string) (place, error) {
	p, err := parsePlace(s)
	if err != nil {
		return place{}, fmt.Errorf("redis: URL: %w; use %s", err, urlForms)
	}
	return p, nil
}

func parsePlace(s string) (place, error) {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok || scheme != "redis" && scheme != "rediss" {
		return place{}, errors.New("it does not begin with redis:// or rediss://")
	}
	p := place{tls: scheme == "rediss"}
	authority, path := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	hosts := authority
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		if err := p.readUser(authority[:i]); err != nil {
			return place{}, err
		}
		hosts = authority[i+1:]
	}
	u, err := url.Parse(path)
	if err != nil || u.Fragment != "" {
		return place{}, errors.New("what follows the hosts is not a path and parameters")
	}
	if err := p.readQuery(u.RawQuery); err != nil {
		return place{}, err
	}
	if err := p.readHosts(hosts); err != nil {
		return place{}, err
	}
	return p, p.readPath(u.Path)
}

func (p *place) readUser(s string) error {
	user, password, _ := strings.Cut(s, ":")
	var err1, err2 error
	p.user, err1 = url.PathUnescape(user)
	p.password, err2 = url.PathUnescape(password)
	if err1 != nil || err2 != nil {
		return errors.New("the user or password is not percent-encoded")
	}
	return nil
}

func (p *place) readQuery(s string) error {
	query, err := url.ParseQuery(s)
	if err != nil {
		return errors.New("the parameters are not percent-encoded")
	}
	for name, values := range query {
		value := values[len(values)-1]
		switch name {
		case "sentinel":
			p.sentinel = value
		case "sentinel_user":
			p.sentinelUser = value
		case "sentinel_password":
			p.sentinelPassword = value
		case "cluster":
			if p.cluster, err = strconv.ParseBool(value); err != nil {
				return errors.New("the parameter cluster is neither true nor false")
			}
		default:
			return errors.New("a parameter is not one of sentinel, sentinel_user, sentinel_password, cluster")
		}
	}
	switch {
	case query.Has("sentinel") && p.sentinel == "":
		return errors.New("the parameter sentinel does not name a primary")
	case p.sentinel != "" && p.cluster:
		return errors.New("sentinel and cluster exclude each other")
	case p.sentinel == "" && (p.sentinelUser != "" || p.sentinelPassword != ""):
		return errors.New("there is a user or password for Sentinels, and no parameter sentinel")
	}
	return nil
}

func (p *place) readHosts(s string) error {
	port := "6379"
	if p.sentinel != "" {
		port = "26379"
	}
	for host := range strings.SplitSeq(s, ",") {
		addr, err := withPort(host, port)
		if err != nil {
			return err
		}
		if !slices.Contains(p.addrs, addr) {
			p.addrs = append(p.addrs, addr)
		}
	}
	if len(p.addrs) > 1 && !p.cluster && p.sentinel == "" {
		return errors.New("there are several hosts, and neither sentinel=NAME nor cluster=true")
	}
	return nil
}

// withPort returns host:port for host or host:port, IPv6 addresses being in brackets.
func withPort(s, port string) (string, error) {
	bare := s
	if i := strings.LastIndexByte(s, ':'); i > strings.LastIndexByte(s, ']') {
		bare, port = s[:i], s[i+1:]
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", errors.New("a port is not a number from 1 to 65535")
	}
	host := strings.TrimSuffix(strings.TrimPrefix(bare, "["), "]")
	bracketed := len(bare)-len(host) == 2
	switch {
	case host == "":
		return "", errors.New("a host is empty")
	case bracketed && net.ParseIP(host) == nil, !bracketed && strings.ContainsAny(host, ":[]%\\\"<>{}|^` \t\r\n\x00"):
		return "", errors.New("a host has a character that must not be in one (IPv6 addresses go in brackets, and special characters of a password are percent-encoded)")
	}
	return net.JoinHostPort(host, port), nil
}

func (p *place) readPath(path string) error {
	s := strings.TrimPrefix(path, "/")
	if s == "" {
		return nil
	}
	db, err := strconv.ParseUint(s, 10, 31)
	switch {
	case err != nil:
		return errors.New("the path is not the number of a database")
	case db != 0 && p.cluster:
		return errors.New("a Cluster has only the database 0")
	}
	p.db = int(db)
	return nil
}
