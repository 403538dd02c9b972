package webapi

import (
	"slices"
	"strings"

	"github.com/skerry-edge/skerry/isolate/js"
)

// inert is what a Request carries for browsers: scripts can set and read it, and nothing
// here acts on it. It never changes once its request is made.
type inert struct {
	words     [len(inertWords)]string // by inertWords
	integrity string
	referrer  string
	keepalive bool
}

// inertWords are the members of RequestInit that are one of a few words, the first being
// the default.
var inertWords = [...]struct {
	name  string
	words []string
}{
	{"cache", []string{"default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"}},
	{"credentials", []string{"same-origin", "omit", "include"}},
	{"duplex", []string{"half"}},
	{"mode", []string{"cors", "no-cors", "same-origin"}},
	{"referrerPolicy", []string{"", "no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin",
		"origin-when-cross-origin", "strict-origin-when-cross-origin", "unsafe-url"}},
}

// inertMembers returns the attributes of Request that show its inert part.
func inertMembers() []js.Member[request] {
	members := []js.Member[request]{
		js.Getter("destination", func(*request, *js.Call) (any, error) { return "", nil }),
		js.Getter("integrity", func(r *request, _ *js.Call) (any, error) { return r.inertPart().integrity, nil }),
		js.Getter("isHistoryNavigation", func(*request, *js.Call) (any, error) { return false, nil }),
		js.Getter("isReloadNavigation", func(*request, *js.Call) (any, error) { return false, nil }),
		js.Getter("keepalive", func(r *request, _ *js.Call) (any, error) { return r.inertPart().keepalive, nil }),
		js.Getter("referrer", func(r *request, _ *js.Call) (any, error) { return r.inertPart().referrer, nil }),
	}
	for i, member := range inertWords {
		members = append(members, js.Getter(member.name, func(r *request, _ *js.Call) (any, error) {
			return r.inertPart().words[i], nil
		}))
	}
	return members
}

func (r *request) inertPart() inert {
	if r.inert != nil {
		return *r.inert
	}
	part := inert{referrer: "about:client"}
	for i, member := range inertWords {
		part.words[i] = member.words[0]
	}
	return part
}

// requestMembers are the members of a RequestInit, in the order in which they are read.
var requestMembers = [...]string{
	"body", "cache", "cf", "credentials", "duplex", "headers", "integrity", "keepalive", "method", "mode", "priority",
	"redirect", "referrer", "referrerPolicy", "signal", "window",
}

// requestInit is what a RequestInit has for each of requestMembers.
type requestInit [len(requestMembers)]js.Value

func readRequestInit(vm *js.VM, v js.Value) *requestInit {
	init := new(requestInit)
	for i, name := range requestMembers {
		init[i] = vm.Get(v, name)
	}
	return init
}

func (init *requestInit) member(name string) js.Value {
	return init[slices.Index(requestMembers[:], name)]
}

// initInert applies the inert members of a RequestInit.
func (r *request) initInert(vm *js.VM, init *requestInit) (err error) {
	part, changed := r.inertPart(), false
	if v := init.member("priority"); !js.IsUndefined(v) {
		if _, err := oneOf("priority", vm.String(v), "auto", "high", "low"); err != nil {
			return err
		}
	}
	for i, member := range inertWords {
		if v := init.member(member.name); !js.IsUndefined(v) {
			changed = true
			if part.words[i], err = oneOf(member.name, vm.String(v), member.words...); err != nil {
				return err
			}
		}
	}
	if v := init.member("integrity"); !js.IsUndefined(v) {
		changed, part.integrity = true, vm.String(v)
	}
	if v := init.member("referrer"); !js.IsUndefined(v) {
		changed, part.referrer = true, vm.String(v)
	}
	if v := init.member("keepalive"); !js.IsUndefined(v) {
		changed, part.keepalive = true, v.ToBoolean()
	}
	if changed {
		r.inert = &part
	}
	return nil
}

// oneOf returns value if it is one of words, the values of an enumeration.
//
// Spec: https://webidl.spec.whatwg.org/#js-enumeration
func oneOf(what, value string, words ...string) (string, error) {
	if slices.Contains(words, value) {
		return value, nil
	}
	return "", js.TypeError("%s: %q is not one of %s", what, clip(value, 100), strings.Join(words, ", "))
}
