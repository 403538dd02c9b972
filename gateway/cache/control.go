package cache

import (
	"iter"
	"math"
	"strconv"
	"strings"
	"time"
)

// control is what Cache-Control says to a shared cache.
//
// Spec: https://www.rfc-editor.org/rfc/rfc9111.html#name-response-directives
type control struct {
	noStore        bool
	mustUnderstand bool
	public         bool
	mustRevalidate bool // or proxy-revalidate
	private        bool // the whole response; fields otherwise
	noCache        bool // likewise

	// fields are the names, in lower case, of those that may not be kept: private="…" and
	// no-cache="…".
	fields []string

	maxAge  lifetime
	sMaxAge lifetime
}

// lifetime is a directive's number of seconds.
type lifetime struct {
	given bool
	time.Duration
}

// parseControl reads the values of Cache-Control. Of what can't be read the rest counts; a
// directive that is there twice counts once, as its first says.
func parseControl(values iter.Seq[string]) control {
	var c control
	for v := range values {
		for name, argument := range directives(v) {
			c.add(name, argument)
		}
	}
	return c
}

func (c *control) add(name string, argument *string) {
	switch name {
	case "no-store":
		c.noStore = true
	case "must-understand":
		c.mustUnderstand = true
	case "public":
		c.public = true
	case "must-revalidate", "proxy-revalidate":
		c.mustRevalidate = true
	case "private":
		c.qualified(&c.private, argument)
	case "no-cache":
		c.qualified(&c.noCache, argument)
	case "max-age":
		c.maxAge.set(argument)
	case "s-maxage":
		c.sMaxAge.set(argument)
	}
}

// qualified takes a directive that is about the fields in its argument, or about the whole
// response if it has none.
func (c *control) qualified(whole *bool, argument *string) {
	if argument == nil {
		*whole = true
		return
	}
	for name := range strings.SplitSeq(*argument, ",") {
		if name = strings.ToLower(strings.Trim(name, " \t")); name != "" {
			c.fields = append(c.fields, name)
		}
	}
}

// secondsMax is the lifetime that a number too large to be meant stands for.
//
// Spec: https://www.rfc-editor.org/rfc/rfc9111.html#name-delta-seconds
const secondsMax = math.MaxInt32

// set takes the seconds of a directive, 0 if they can't be read: what is broken is stale.
func (l *lifetime) set(argument *string) {
	if l.given {
		return
	}
	l.given = true
	if argument != nil {
		l.Duration, _ = secondsOf(*argument)
	}
}

// secondsOf reads a number of seconds.
func secondsOf(text string) (time.Duration, bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n > secondsMax { // digits alone: it is only too large
		n = secondsMax
	}
	return time.Duration(n) * time.Second, true
}

// directives yields the directives of a value: the name in lower case, and the argument, from
// its quotes if it has them; nil: there is none.
//
// Spec: https://www.rfc-editor.org/rfc/rfc9111.html#field.cache-control
func directives(value string) iter.Seq2[string, *string] {
	return func(yield func(string, *string) bool) {
		for value != "" {
			end := strings.IndexAny(value, ",=")
			if end < 0 {
				end = len(value)
			}
			name := strings.ToLower(strings.Trim(value[:end], " \t"))
			if value = value[end:]; strings.HasPrefix(value, "=") {
				var argument string
				argument, value = argumentOf(value[1:])
				if !yield(name, &argument) {
					return
				}
			} else if name != "" && !yield(name, nil) {
				return
			}
			value = strings.TrimPrefix(value, ",")
		}
	}
}

// argumentOf takes an argument off value, and what stands between it and the next comma.
func argumentOf(value string) (argument, rest string) {
	value = strings.TrimLeft(value, " \t")
	if !strings.HasPrefix(value, `"`) {
		argument, _, _ = strings.Cut(value, ",")
		return strings.TrimRight(argument, " \t"), value[len(argument):]
	}
	var text strings.Builder
	i := 1
	for ; i < len(value) && value[i] != '"'; i++ {
		if value[i] == '\\' && i+1 < len(value) {
			i++
		}
		text.WriteByte(value[i])
	}
	if end := strings.IndexByte(value[min(i, len(value)):], ','); end >= 0 {
		return text.String(), value[i+end:]
	}
	return text.String(), ""
}
