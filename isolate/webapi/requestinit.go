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

// initInert reads the inert members of a RequestInit.
func (r *request) initInert(vm *js.VM, init js.Value) (err error) {
	part, changed := r.inertPart(), false
	for i, member := range inertWords {
		if v := vm.Get(init, member.name); !js.IsUndefined(v) {
			changed = true
			if part.words[i], err = oneOf(member.name, vm.String(v), member.words...); err != nil {
				return err
			}
		}
	}
	for name, text := range map[string]*string{"integrity": &part.integrity, "referrer": &part.referrer} {
		if v := vm.Get(init, name); !js.IsUndefined(v) {
			changed, *text = true, vm.String(v)
		}
	}
	if v := vm.Get(init, "keepalive"); !js.IsUndefined(v) {
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
