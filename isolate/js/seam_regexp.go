package js

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/dlclark/regexp2/v2"
	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// enginePattern is what goja makes of a regular expression: for Go's own matcher if it
// can, otherwise for regexp2, which backtracks. Its fields are goja's, in goja's order.
type enginePattern struct {
	src                                                    string
	global, ignoreCase, multiline, dotAll, sticky, unicode bool
	linear                                                 *regexp.Regexp
	backtracking                                           *backtracker
}

// backtracker is goja's wrapper of a regexp2.Regexp.
type backtracker struct {
	rx *regexp2.Regexp
	_  unsafe.Pointer
}

// matchResult is what goja makes a match's array of: pairs of places in the subject, and
// the groups' names, empty for those without one.
type matchResult struct {
	indexes []int
	names   []string
}

//go:linkname intrinsicRegExp github.com/dop251/goja.(*Runtime).getRegExp
func intrinsicRegExp(r *goja.Runtime) *goja.Object

//go:linkname newMatchArray github.com/dop251/goja.(*regexpObject).execResultToArray
func newMatchArray(r unsafe.Pointer, subject goja.String, result matchResult) goja.Value

//go:linkname setOfRegExp github.com/dop251/goja.(*regexpObject).setOwnStr
func setOfRegExp(r unsafe.Pointer, name unistring.String, v goja.Value, throw bool) bool

//go:linkname standardRegExp github.com/dop251/goja.(*Runtime).checkStdRegexp
func standardRegExp(rt *goja.Runtime, o *goja.Object) unsafe.Pointer

//go:linkname toUint32 github.com/dop251/goja.toUint32
func toUint32(v goja.Value) uint32

//go:linkname clonePattern github.com/dop251/goja.(*regexpPattern).clone
func clonePattern(p *enginePattern) *enginePattern

// regExpSeam holds where goja keeps what belongs to a regular expression, and the patterns
// that the process has compiled.
type regExpSeam struct {
	tab       unsafe.Pointer // what marks an interface that holds one
	pattern   uintptr        // regexpObject.pattern
	source    uintptr        // regexpObject.source
	prototype unsafe.Pointer // what marks an interface that holds the prototype: a baseObject and more

	cache struct {
		sync.Mutex
		patterns map[patternKey]*enginePattern // only for clones to be made of
		variants map[variantKey]*regexp.Regexp
	}
}

type patternKey struct{ text, flags string }

// newRegExpSeam inspects goja's regular expressions and says what is not as it should be.
func newRegExpSeam(rt *goja.Runtime, objectSelf uintptr) (*regExpSeam, error) {
	example, err := rt.New(intrinsicRegExp(rt), rt.ToValue("(?=a)"))
	if err != nil {
		return nil, err
	}
	var s regExpSeam
	object := insides(example)
	for _, f := range []shape{
		{object, "pattern", nil, &s.pattern},
		{object, "source", reflect.TypeFor[goja.String](), &s.source},
	} {
		if err := f.find(); err != nil {
			return nil, err
		}
	}
	pattern, _ := object.FieldByName("pattern")
	names := []string{"src", "global", "ignoreCase", "multiline", "dotAll", "sticky", "unicode", "regexpWrapper", "regexp2Wrapper"}
	if err := sameFields(pattern.Type.Elem(), reflect.TypeFor[enginePattern](), names); err != nil {
		return nil, err
	}
	second, _ := pattern.Type.Elem().FieldByName("regexp2Wrapper")
	if err := sameFields(second.Type.Elem(), reflect.TypeFor[backtracker](), []string{"rx", "cache"}); err != nil {
		return nil, err
	}
	s.tab = selfWord(example, objectSelf).tab
	prototype := example.Prototype()
	if t := insides(prototype); t.Field(0).Name != "baseObject" {
		return nil, fmt.Errorf("%s does not begin with a baseObject", t)
	}
	s.prototype = selfWord(prototype, objectSelf).tab
	s.cache.patterns, s.cache.variants = make(map[patternKey]*enginePattern), make(map[variantKey]*regexp.Regexp)
	return &s, nil
}

// sameFields says whether a struct of goja's is laid out like ours, whose fields stand for
// those with these names.
func sameFields(theirs, ours reflect.Type, names []string) error {
	if theirs.Kind() != reflect.Struct || theirs.NumField() != ours.NumField() || theirs.Size() != ours.Size() {
		return fmt.Errorf("%s has %d fields in %d bytes", theirs, theirs.NumField(), theirs.Size())
	}
	for i, name := range names {
		their, our := theirs.Field(i), ours.Field(i)
		if their.Name != name || their.Offset != our.Offset || their.Type.Kind() != our.Type.Kind() && our.Type.Kind() != reflect.UnsafePointer {
			return fmt.Errorf("field %d of %s is %s %s", i, theirs, their.Name, their.Type)
		}
	}
	return nil
}

// matchClock is the clock by which regexp2 knows that a match takes too long. It goes only
// when we set it forward: so a match that backtracks can be stopped from outside at any of
// its steps.
//
//go:linkname matchClock github.com/dlclark/regexp2/v2.fast
var matchClock struct {
	now, end atomic.Int64
	_        sync.Mutex
	_        time.Time
	_        bool
}

// matchTime is how long regexp2 lets a match take, in ticks of its clock.
const (
	matchTick = 1 << 20 // nanoseconds
	matchTime = 1 << 20 // ticks
)

// matchStackMax bounds the stack of a match that backtracks, in words.
const matchStackMax = 4 << 20

// openMatchClock makes regexp2 stop when abortMatches says so, and not by itself. It must
// run before any pattern is compiled.
func openMatchClock() {
	regexp2.DefaultMatchTimeout = matchTime * matchTick
	regexp2.DefaultOptimizationOptions.MaxBacktrackingStackSize = matchStackMax
	matchClock.end.Store(math.MaxInt64) // it would start a goroutine that sets it forward
}

// abortMatches stops all matches of the process that are under way and backtrack. Those of
// a VM that was not cut begin again.
func abortMatches() { matchClock.now.Add(2 * matchTime) }

// patternOf returns the pattern of a regular expression, nil for any other object.
func (vm *VM) patternOf(o *goja.Object) *enginePattern {
	s := vm.platform.seam
	self := s.behind(o)
	if self.tab != s.regExps.tab {
		return nil
	}
	return *(**enginePattern)(unsafe.Add(self.data, s.regExps.pattern))
}

// setPattern gives a regular expression another pattern, and the source that scripts see.
func (vm *VM) setPattern(o *goja.Object, p *enginePattern, source goja.String) {
	s := vm.platform.seam
	self := s.behind(o)
	*(**enginePattern)(unsafe.Add(self.data, s.regExps.pattern)) = p
	*(*goja.String)(unsafe.Add(self.data, s.regExps.source)) = source
}
