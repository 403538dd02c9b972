package js

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// Image is what some objects of a VM were at one moment, with all that they reach: other VMs
// begin where it stood, without running the scripts that made it. A VM pays for the objects
// that its scripts touch: the others are not made.
//
// Nothing that can change is shared: neither by two VMs, nor with the one that the image was
// taken of, which never runs again. What they share are strings, numbers, symbols and code. An
// image is safe for concurrent use.
//
// Of what scripts made by themselves an image is exact. What they were given from outside, or
// changed outside of what they made, no image holds: none is taken then, and who wants the
// same evaluates the script again. [NewImage] looks for all of that:
//
//   - objects of kinds that are not known here (layout.go), among them all whose state is on
//     its way: promises, generators, iterators; and instances of the platform's classes, but
//     for those that the VM is given anew;
//   - changes of the language's own objects and of the platform's: they are compared, one by
//     one, with those of a VM that no script has run in (image_twin.go);
//   - what differs from one VM to the next, or can be asked of the world: see [VM.Varies].
type Image struct {
	platform *Platform
	eval     bool
	bigints  bool
	prepared nameless
	nodes    []node
	stashes  []stashNode
	symbols  map[unistring.String]*goja.Symbol // what Symbol.for has made
	roots    []int32
}

// none stands for an object that is not there.
const none int32 = -1

// node is one object of an image.
type node struct {
	kind    kind
	self    iface // what goja had behind the object
	latent  bool  // it is made when it is first touched
	route   route // to an intrinsic: the VM has its own
	outside int32 // the number among the objects that come from outside; none: it is no such

	prototype int32
	values    []member
	names     sharedNames
	accessors int // how many of values need a property of their own
	symbols   []pair
	private   []privateNode

	stash    int32
	other    int32  // a method's home, an arrow function's function
	one      term   // an arrow function's new.target, what is boxed
	list     []term // an array's elements, a class's computed keys, what is bound
	methods  []term // a class's private methods
	contents []pair // of a Map, of a Set
}

type member struct {
	name  unistring.String
	value term
}

type pair struct{ key, value term }

type privateNode struct {
	of              unsafe.Pointer
	methods, fields []term
}

type stashNode struct {
	source *gojaStash
	values []term
	extra  []term
	outer  int32 // none: there is none; global: the VM's own
}

const global int32 = -2

// term is a value of an image.
type term struct {
	fixed    goja.Value    // one that all VMs may have; nil: see id
	id       int32         // of an object, or none
	property *propertyTerm // of a property that is more than its value
}

type propertyTerm struct {
	flags    gojaProperty
	value    term
	get, set int32
	within   bool // it is the one that functions and arrays have inside for their length
}

// NotCopyable says why no image can be taken.
type NotCopyable struct{ Reason string }

func (e *NotCopyable) Error() string { return "js: no image: " + e.Reason }

func notCopyable(format string, args ...any) error {
	return &NotCopyable{fmt.Sprintf(format, args...)}
}

// Taken says what an image is taken of.
type Taken struct {
	Roots   []*Object // with all that they reach
	Outside []*Object // what VMs have their own of, the same in each; nil: no such; see [VM.Copy]
	Fresh   *VM       // no script has run in it, and nothing will; otherwise it is like the VM
	Given   []*Object // Fresh's own of Outside

	// Worldly says which globals are the world's: if a script has touched one, what it has made
	// may differ from one VM to the next. nil: none is.
	Worldly func(name string) bool
}

// NewImage takes an image and ends vm, which was made with Config.Watched. It fails with a
// [*NotCopyable] where what is taken reaches what can't be copied safely, where scripts have
// changed the language's own objects, and where they have asked for what differs each time.
//
// The owner of vm calls it when nothing is under way in vm.
func NewImage(vm *VM, taken Taken) (image *Image, err error) {
	defer func() {
		if r := recover(); r != nil {
			image, err = nil, notCopyable("%v", r)
		}
	}()
	if vm.ended != nil {
		return nil, vm.ended
	}
	vm.end(errors.New("js: an image was taken of the VM"))
	p, fresh := vm.platform, taken.Fresh
	fresh.closeParser()
	fresh.prepare(vm.gate.prepared)
	t := &taking{
		Image: &Image{platform: p, eval: vm.eval, bigints: vm.script.bigints, prepared: vm.gate.prepared},
		vm:    vm, twin: fresh, seam: p.seam,
		ids: make(map[*goja.Object]int32), stashIDs: make(map[*gojaStash]int32),
		twins: make(map[*goja.Object]*goja.Object),
	}
	if err := t.runtime(taken.Worldly); err != nil {
		return nil, err
	}
	given := t.outsiders(fresh, taken.Given)
	for i, o := range t.outsiders(vm, taken.Outside) {
		t.match(o, given[i], node{outside: int32(i)}, "what it was given")
	}
	if err := t.intrinsics(); err != nil {
		return nil, err
	}
	for _, o := range taken.Roots {
		t.roots = append(t.roots, t.object(o))
	}
	if err := t.all(); err != nil {
		return nil, err
	}
	return t.Image, nil
}

// Objects is how many objects the image has, intrinsics included.
func (image *Image) Objects() int { return len(image.nodes) }

// ownOutside is how many of the objects from outside are this package's: what lowered scripts
// are called with.
const ownOutside = 5

// outsiders returns what comes from outside, this package's own first, as far as the VM that
// the image is taken of has it.
func (t *taking) outsiders(vm *VM, outside []*Object) []*goja.Object {
	all := make([]*goja.Object, ownOutside, ownOutside+len(outside))
	if t.vm.gate.listed != nil {
		all[0] = vm.listed()
	}
	if t.vm.script.helpers != nil {
		for i, h := range vm.helpers() {
			all[1+i] = h.(*goja.Object)
		}
	}
	return append(all, outside...)
}

// outsider makes this package's own object from outside with that number.
func (vm *VM) outsider(i int32) *goja.Object {
	if i == 0 {
		return vm.listed()
	}
	return vm.helpers()[i-1].(*goja.Object)
}
