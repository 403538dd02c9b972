package webapi

// sized is a [Source] that may know its length.
type sized interface {
	// Length is how many bytes are still to come; -1: nobody knows.
	Length() int64
}

// LengthOf is how many bytes are still to come of s, if it knows; -1: it does not.
func LengthOf(s Source) int64 {
	if s, ok := s.(sized); ok {
		return s.Length()
	}
	return -1
}
