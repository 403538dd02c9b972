package js

import "github.com/dop251/goja/unistring"

// Units are the UTF-16 code units of a string that is being made.
type Units []uint16

// NewUnits returns no units, and room for n.
func NewUnits(n int) Units {
	units := make(Units, 1, 1+n)
	units[0] = unistring.BOM // where the engine wants it
	return units
}

// Len is how many units there are.
func (u Units) Len() int { return len(u) - 1 }

// WithoutMark returns u without the byte order mark that it begins with, if it does.
func (u Units) WithoutMark() Units {
	if len(u) > 1 && u[1] == unistring.BOM {
		return u[1:]
	}
	return u
}

// TextOfUnits makes a string over the memory of units, which nobody may write to any more.
func (vm *VM) TextOfUnits(units Units) Value {
	for _, unit := range units[1:] {
		if unit >= 0x80 {
			return stringOfName(unistring.FromUtf16(units))
		}
	}
	narrowed := make(Latin1, units.Len()) // the engine has but one form of each string
	narrow(narrowed, units[1:])
	return vm.latin1(narrowed)
}
