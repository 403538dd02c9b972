package js

// Description says what scripts find of one global: the names, kinds and lengths that its
// table has. It is plain data, for those who check the platform or write it down.
type Description struct {
	Name    string
	Kind    GlobalKind
	Length  int    // required arguments of a constructor or a function
	Extends string // the class that a class inherits from; empty: none

	Constructible bool // `new` makes an instance of the class; false: instances come from the platform alone
	Hidden        bool // the class's name is not on globalThis
	Error         bool // instances inherit from Error.prototype
	Promise       bool // the function returns a promise, and rejects instead of throwing

	Members []MemberDescription // of a class's prototype, or of a namespace
	Statics []MemberDescription // of a class's constructor
	Globals []Description       // classes that are found in a namespace, each a member too
}

// GlobalKind is the sort of a global.
type GlobalKind string

// The sorts of globals.
const (
	KindClass     GlobalKind = "class"
	KindError     GlobalKind = "error" // a class like the language's own errors
	KindNamespace GlobalKind = "namespace"
	KindFunction  GlobalKind = "function"
	KindAttribute GlobalKind = "attribute" // an accessor
	KindValue     GlobalKind = "value"     // what a Lazy makes
	KindScope     GlobalKind = "scope"     // what globalThis itself is
)

// MemberDescription says what scripts find of one property of a class or a namespace.
type MemberDescription struct {
	Name    string  // "" if the name is a symbol
	Symbol  *Symbol // nil: the name is a string
	Kind    MemberKind
	Length  int    // required arguments of a method
	Of      string // KindAlias: the method that this is another name of
	Value   int    // KindConstant
	Promise bool   // it gives a promise: a wrong receiver rejects instead of throwing
	Setter  bool   // KindAccessor: it can be written to
}

// MemberKind is the sort of a property.
type MemberKind string

// The sorts of properties. What stands in a namespace or on a constructor may also be a
// class, as in WebAssembly.Module.
const (
	MemberMethod   MemberKind = "method"
	MemberAccessor MemberKind = "accessor"
	MemberConstant MemberKind = "constant"
	MemberAlias    MemberKind = "alias"
	MemberValue    MemberKind = "value"
)

// Describe reads what scripts find of g from its table. It makes no VM.
func Describe(g Global) Description { return g.describe() }

func (cl Class[T]) describe() Description {
	d := Description{
		Name: cl.Name, Kind: KindClass, Length: cl.Length,
		Constructible: cl.Constructor != nil, Hidden: cl.Hidden, Error: cl.Error != nil,
	}
	if cl.Extends != nil {
		d.Extends = cl.Extends.describe().Name
	}
	for _, m := range cl.Members {
		d.Members = append(d.Members, m.about)
	}
	d.Statics = describeStatics(cl.Statics)
	return d
}

func (n Namespace) describe() Description {
	d := Description{Name: n.Name, Kind: KindNamespace, Members: describeStatics(n.Members)}
	for _, g := range n.Globals {
		inner := g.describe()
		d.Members = append(d.Members, MemberDescription{Name: inner.Name, Kind: MemberValue})
		d.Globals = append(d.Globals, inner)
	}
	return d
}

func (f Function) describe() Description {
	return Description{Name: f.Name, Kind: KindFunction, Length: f.Length, Promise: f.Promise}
}

func (l Lazy) describe() Description { return Description{Name: l.Name, Kind: KindValue} }

func describeStatics(statics []Static) []MemberDescription {
	var out []MemberDescription
	for _, s := range statics {
		out = append(out, s.about)
	}
	return out
}
