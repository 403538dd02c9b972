package bundles

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of a manifest's values.
const (
	NameBytesMax      = 63 // of a function: a DNS label
	RoutesMax         = 1000
	RouteBytesMax     = 2048
	PrewarmMax        = 1000
	ConcurrencyMax    = 10_000
	CPUMillisMax      = 30_000
	WallMillisMax     = 900_000
	MemoryMBMax       = 512
	SubrequestsMax    = 1000
	BodyMBMax         = 10_240
	EnvNameBytesMax   = 128
	NamespaceBytesMax = 512 // the same as kv.NamespaceBytesMax
	AllowMax          = 1000
)

// ManifestError says what is wrong with a manifest, field by field.
type ManifestError struct {
	Fields []FieldError // at least one
}

// FieldError says what is wrong with one field of a manifest.
type FieldError struct {
	Field   string // "limits.cpu_ms", "routes[0]", "kv[1].binding"
	Problem string // "is 40000, more than the 30000 allowed"
}

func (e *ManifestError) Error() string {
	var text strings.Builder
	text.WriteString("manifest: ")
	for i, f := range e.Fields {
		if i > 0 {
			text.WriteString("; ")
		}
		text.WriteString(f.Field + " " + f.Problem)
	}
	return text.String()
}

// Validate returns nil if m, which may lack defaults, can be run as it stands, and otherwise
// a [*ManifestError] that names every field at fault. Whether a route is taken by another
// function is for the catalog to know.
func (m Manifest) Validate() error {
	var v validation
	v.check("name", CheckName(m.Name))
	if m.Isolation != "" && m.Isolation != IsolationEvent && m.Isolation != IsolationReuse {
		v.report("isolation", "is %.40q: write %q or %q", m.Isolation, IsolationEvent, IsolationReuse)
	}
	v.routes(m.Routes)
	v.integer("prewarm", m.Prewarm, PrewarmMax)
	v.integer("concurrency", m.Concurrency, ConcurrencyMax)
	v.integer("limits.cpu_ms", m.Limits.CPUMillis, CPUMillisMax)
	if m.Limits.WallMillis != nil {
		v.integer("limits.wall_ms", *m.Limits.WallMillis, WallMillisMax)
	}
	v.integer("limits.memory_mb", m.Limits.MemoryMB, MemoryMBMax)
	v.integer("limits.subrequests", m.Limits.Subrequests, SubrequestsMax)
	v.integer("limits.body_mb", m.Limits.BodyMB, BodyMBMax)
	v.env(m)
	v.allow(m.Allow)
	if n := len(manifestJSON(m)); n > ManifestBytesMax && len(v.problems) == 0 {
		v.report("vars", "make the manifest %d bytes long, more than the %d allowed: put large values into KV or into files of the bundle", n, ManifestBytesMax)
	}
	if len(v.problems) > 0 {
		return &ManifestError{v.problems}
	}
	return nil
}

type validation struct{ problems []FieldError }

func (v *validation) report(field, format string, args ...any) {
	v.problems = append(v.problems, FieldError{field, fmt.Sprintf(format, args...)})
}

func (v *validation) check(field string, err error) {
	if err != nil {
		v.report(field, "%s", err)
	}
}

func (v *validation) integer(field string, value, most int) {
	switch {
	case value < 0:
		v.report(field, "is %d: it can't be negative", value)
	case value > most:
		v.report(field, "is %d, more than the %d allowed", value, most)
	}
}

func (v *validation) routes(routes []string) {
	if len(routes) > RoutesMax {
		v.report("routes", "are %d, more than the %d allowed", len(routes), RoutesMax)
		return
	}
	seen := make(map[string]int)
	for i, route := range routes {
		field := "routes[" + strconv.Itoa(i) + "]"
		v.check(field, checkRoute(route))
		if first, ok := seen[route]; ok {
			v.report(field, "is the same as routes[%d]", first)
			continue
		}
		seen[route] = i
	}
}

// env checks the names on env, which vars and bindings share.
func (v *validation) env(m Manifest) {
	owner := make(map[string]string)
	for _, name := range slices.Sorted(maps.Keys(m.Vars)) {
		field := "vars." + name
		if err := checkEnvName(name); err != nil {
			v.report("vars", "has the name %.40q, which %s", name, err)
			continue
		}
		owner[name] = field
		if !utf8.ValidString(m.Vars[name]) {
			v.report(field, "is not UTF-8")
		}
	}
	for i, kv := range m.KV {
		field := "kv[" + strconv.Itoa(i) + "]"
		if err := checkEnvName(kv.Binding); err != nil {
			v.report(field+".binding", "%s", err)
		} else if other := owner[kv.Binding]; other != "" {
			v.report(field+".binding", "is %q, and so is %s: env can have the name once", kv.Binding, other)
		} else {
			owner[kv.Binding] = field + ".binding"
		}
		if n := len(kv.Namespace); n == 0 || n > NamespaceBytesMax || !utf8.ValidString(kv.Namespace) {
			v.report(field+".namespace", "must be 1 to %d bytes of UTF-8", NamespaceBytesMax)
		}
	}
}

func (v *validation) allow(allow []string) {
	if len(allow) > AllowMax {
		v.report("allow", "has %d entries, more than the %d allowed", len(allow), AllowMax)
		return
	}
	for i, entry := range allow {
		v.check("allow["+strconv.Itoa(i)+"]", checkAllow(entry))
	}
}

// CheckName returns nil if name can be a function's: a DNS label of lower-case letters,
// digits and inner hyphens, as it becomes part of a host.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("is missing")
	case len(name) > NameBytesMax:
		return fmt.Errorf("is %d characters long, more than the %d allowed", len(name), NameBytesMax)
	case name[0] == '-' || name[len(name)-1] == '-':
		return fmt.Errorf("is %q: it can't begin or end with a hyphen", name)
	}
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return fmt.Errorf("is %q: it may have lower-case letters, digits and hyphens only", name)
		}
	}
	return nil
}

func checkEnvName(name string) error {
	switch {
	case name == "":
		return errors.New("is missing")
	case len(name) > EnvNameBytesMax:
		return fmt.Errorf("is %d characters long, more than the %d allowed", len(name), EnvNameBytesMax)
	case name == "__proto__":
		return errors.New(`can't be "__proto__", which is not an ordinary name in JavaScript`)
	case name[0] >= '0' && name[0] <= '9':
		return errors.New("can't begin with a digit")
	case strings.Trim(name, letters+digits+"_$") != "":
		return fmt.Errorf("can't be %.40q: write it with letters, digits, _ and $", name)
	}
	return nil
}

const (
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits  = "0123456789"
)

// checkRoute checks the form of "host/path*". The router has the last word on hosts.
func checkRoute(route string) error {
	if _, rest, ok := strings.Cut(route, "://"); ok {
		return fmt.Errorf("is %.80q: leave the scheme out, %.80q", route, rest)
	}
	if len(route) > RouteBytesMax {
		return fmt.Errorf("is %d characters long, more than the %d allowed", len(route), RouteBytesMax)
	}
	host, path := route, ""
	if i := strings.IndexByte(route, '/'); i >= 0 {
		host, path = route[:i], route[i:]
	}
	if err := checkRouteHost(host); err != nil {
		return fmt.Errorf("is %.80q: %w", route, err)
	}
	literal := strings.TrimSuffix(path, "*")
	if strings.Contains(literal, "*") {
		return fmt.Errorf(`is %.80q: a "*" in the path stands at its end`, route)
	}
	for _, c := range literal {
		if c <= ' ' || c >= 0x7f || strings.ContainsRune(`?#"<>\^{|}`+"`", c) {
			return fmt.Errorf("is %.80q: the path can't have %q; a route has neither query nor fragment, and other characters are written as a browser sends them (%%20)", route, c)
		}
	}
	return nil
}

func checkRouteHost(host string) error {
	name := strings.TrimPrefix(host, "*.")
	switch {
	case host == "":
		return errors.New(`a route begins with a host, as in "example.com/api/*"`)
	case host == "*":
		return nil
	case strings.HasPrefix(name, "[") && strings.HasSuffix(name, "]") && name == host:
		name = strings.ReplaceAll(name[1:len(name)-1], ":", ".") // IPv6: the router parses it
		if strings.Trim(name, "0123456789abcdefABCDEF.") == "" {
			return nil
		}
		return errors.New("the host has brackets around something that is not an IPv6 address")
	case strings.Contains(name, "*"):
		return errors.New(`a "*" in the host stands alone or before a dot at its beginning: "*.example.com"`)
	case strings.Contains(name, ":"):
		return errors.New("leave the port out: a route holds for every port")
	}
	return checkHostName(name)
}

func checkHostName(name string) error {
	if len(name) > 253 {
		return errors.New("the host is longer than 253 characters")
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(name, "."), ".") {
		if label == "" || len(label) > 63 {
			return errors.New("each part of a host between dots has 1 to 63 characters")
		}
		for _, c := range label {
			if !strings.ContainsRune(letters+digits+"-_", c) {
				return fmt.Errorf("the host has the character %q; write an international name in its xn-- form", c)
			}
		}
	}
	return nil
}

// checkAllow checks the form of "host:port". What fetches has the last word on hosts.
func checkAllow(entry string) error {
	if strings.Contains(entry, "://") {
		return fmt.Errorf(`is %.80q: write host:port, as in "api.example.com:443", without a scheme or a path`, entry)
	}
	colon := strings.LastIndexByte(entry, ':')
	if colon <= 0 || colon < strings.LastIndexByte(entry, ']') {
		return fmt.Errorf(`is %.80q: write host:port, as in "api.example.com:443"`, entry)
	}
	host, port := entry[:colon], entry[colon+1:]
	if n, err := strconv.ParseUint(port, 10, 16); port != "*" && (err != nil || n == 0) {
		return fmt.Errorf("is %.80q: the port is a number from 1 to 65535, or *", entry)
	}
	if len(host) > 255 || strings.Trim(host, letters+digits+"-_.*[]:/") != "" {
		return fmt.Errorf("is %.80q: the host is not a name, an address or a network", entry)
	}
	return nil
}
