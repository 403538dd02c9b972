package subtle

import "math/bits"

// Usages is a set of what a key may be used for.
type Usages uint8

// What a key may be used for, in the order in which sets are listed.
const (
	UseEncrypt Usages = 1 << iota
	UseDecrypt
	UseSign
	UseVerify
	UseDeriveKey
	UseDeriveBits
	UseWrapKey
	UseUnwrapKey
)

// usageNames has the names of the usages, in order.
var usageNames = [...]string{"encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"}

// UsageNamed returns the usage of that name, and false if there is none.
func UsageNamed(name string) (Usages, bool) {
	for i, n := range usageNames {
		if n == name {
			return 1 << i, true
		}
	}
	return 0, false
}

// Names lists the usages in u.
func (u Usages) Names() []string {
	names := make([]string, 0, bits.OnesCount8(uint8(u)))
	for i, n := range usageNames {
		if u&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return names
}

// within says, with a SyntaxError, that u has something that is not in allowed.
func (u Usages) within(allowed Usages, what string) error {
	if odd := u &^ allowed; odd != 0 {
		if allowed == 0 {
			return syntaxError("%s has no usages; give []", what)
		}
		return syntaxError("%s can't be used for %q, only for %q", what, odd.Names(), allowed.Names())
	}
	return nil
}
