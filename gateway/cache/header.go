package cache

import (
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/skerry-edge/skerry/isolate/webapi"
)

// valuesOf yields the values of the fields of a name, in order.
func valuesOf(fields []webapi.Field, name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, f := range fields {
			if strings.EqualFold(f.Name, name) && !yield(f.Value) {
				return
			}
		}
	}
}

// valueOf returns the values of a name as one list; false: there is no such field.
func valueOf(fields []webapi.Field, name string) (string, bool) {
	var all []string
	for v := range valuesOf(fields, name) {
		all = append(all, v)
	}
	return strings.Join(all, ", "), all != nil
}

// dateOf returns the instant in the field of a name; false: there is none that can be read.
//
// Spec: https://www.rfc-editor.org/rfc/rfc9110.html#name-date-time-formats
func dateOf(fields []webapi.Field, name string) (time.Time, bool) {
	for v := range valuesOf(fields, name) {
		t, err := http.ParseTime(strings.Trim(v, " \t"))
		return t, err == nil
	}
	return time.Time{}, false
}
