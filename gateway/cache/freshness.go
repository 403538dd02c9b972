package cache

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/skerry-edge/skerry/isolate/webapi"
)

// lifetimeMax is the longest that anything is kept.
const lifetimeMax = 365 * 24 * time.Hour

// defaultLifetimes are for responses that say nothing of how long they are fresh, by status.
// Others need Cache-Control or Expires to be kept.
//
// Source: https://developers.cloudflare.com/cache/how-to/configure-cache-status-code/#edge-ttl
var defaultLifetimes = map[int]time.Duration{
	200: 2 * time.Hour, 301: 2 * time.Hour,
	302: 20 * time.Minute, 303: 20 * time.Minute,
	404: 3 * time.Minute, 410: 3 * time.Minute,
}

// understood are the statuses whose caching is known to this package, for must-understand.
var understood = []int{200, 203, 204, 300, 301, 302, 303, 307, 308, 404, 405, 410, 414, 451, 501}

// hopByHop are fields that are about a connection.
//
// Spec: https://www.rfc-editor.org/rfc/rfc9111.html#section-3.1
var hopByHop = []string{
	"connection", "keep-alive", "proxy-authenticate", "proxy-authentication-info", "proxy-authorization",
	"proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
}

// keeping is how a response may be kept.
type keeping struct {
	at    time.Time     // when it came to the cache
	age   time.Duration // that it had then
	fresh time.Duration // for how long from then on; more than 0
	drop  []string      // names, in lower case, of fields that are not kept
}

// judge says whether and how h may be kept as the answer to r, or why it may not.
//
// Spec: https://www.rfc-editor.org/rfc/rfc9111.html#name-storing-responses-in-caches
func judge(r *webapi.HTTPRequest, h *webapi.HTTPResponse, now time.Time) (k keeping, skipped string) {
	c := parseControl(valuesOf(h.Header, "cache-control"))
	if c.mustUnderstand {
		if !slices.Contains(understood, h.Status) {
			return k, fmt.Sprintf("its Cache-Control is must-understand, and the status %d means nothing to the cache", h.Status)
		}
		c.noStore = false
	}
	k = keeping{at: now, age: ageOf(h, now), drop: slices.Concat(hopByHop, c.fields)}
	for v := range valuesOf(h.Header, "connection") {
		for name := range strings.SplitSeq(v, ",") {
			k.drop = append(k.drop, strings.ToLower(strings.Trim(name, " \t")))
		}
	}
	if skipped = forbidden(r, h, c, k.drop); skipped != "" {
		return k, skipped
	}
	life, ok := lifetimeOf(h, c, now)
	if !ok {
		return k, fmt.Sprintf("nothing says how long a response with the status %d is fresh; set Cache-Control: max-age=…", h.Status)
	}
	if k.fresh = min(life, lifetimeMax) - k.age; k.fresh <= 0 {
		return k, fmt.Sprintf("it is stale: it was fresh for %v, and its age is %v", life.Round(time.Second), k.age.Round(time.Second))
	}
	return k, ""
}

// forbidden says which rule is against keeping h, whatever its lifetime is.
func forbidden(r *webapi.HTTPRequest, h *webapi.HTTPResponse, c control, dropped []string) string {
	_, cookie := valueOf(h.Header, "set-cookie")
	_, authorized := valueOf(r.Header, "authorization")
	switch {
	case r.Method != "GET":
		return "it is the answer to a " + r.Method + "; only answers to GET can be kept"
	case h.Status == 206:
		return "it is a part of a response (206)"
	case h.Status == 304:
		return "it is the answer to a condition (304), and no response of its own"
	case c.noStore:
		return "its Cache-Control is no-store"
	case c.private:
		return "its Cache-Control is private, and this cache is shared"
	case c.noCache:
		return "its Cache-Control is no-cache: it would have to be validated before each use"
	case cookie && !slices.Contains(dropped, "set-cookie"):
		return "it sets a cookie; delete Set-Cookie, or keep it without by Cache-Control: private=Set-Cookie"
	case authorized && !c.public && !c.mustRevalidate && !c.sMaxAge.given:
		return "the request has Authorization; a response that is for all needs Cache-Control: public or s-maxage=…"
	}
	return ""
}

// lifetimeOf returns for how long h is fresh from when it was made; false: it doesn't say.
//
// Spec: https://www.rfc-editor.org/rfc/rfc9111.html#name-calculating-freshness-lifet
func lifetimeOf(h *webapi.HTTPResponse, c control, now time.Time) (time.Duration, bool) {
	if c.sMaxAge.given {
		return c.sMaxAge.Duration, true
	}
	if c.maxAge.given {
		return c.maxAge.Duration, true
	}
	if _, ok := valueOf(h.Header, "expires"); ok {
		expires, ok := dateOf(h.Header, "expires")
		if !ok {
			return 0, true // "0" and the like are in the past
		}
		made, ok := dateOf(h.Header, "date")
		if !ok {
			made = now
		}
		return expires.Sub(made), true
	}
	life, ok := defaultLifetimes[h.Status]
	return life, ok
}

// ageOf returns the age of h, which has just come.
//
// Spec: https://www.rfc-editor.org/rfc/rfc9111.html#name-calculating-age
func ageOf(h *webapi.HTTPResponse, now time.Time) time.Duration {
	var age time.Duration
	for v := range valuesOf(h.Header, "age") {
		age, _ = secondsOf(strings.Trim(v, " \t"))
		break
	}
	if made, ok := dateOf(h.Header, "date"); ok {
		// Dates have whole seconds: what was made in this one has no age.
		age = max(age, now.Truncate(time.Second).Sub(made))
	}
	return age
}
