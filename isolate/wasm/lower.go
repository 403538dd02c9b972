package wasm

import "time"

// Code of a module runs on the machine itself, where neither the watchdog's interrupt nor Go's
// scheduler reaches it: a loop would hold up the process, the collector included. So modules
// are lowered before they are compiled. Functions and loops pay for their length, from a
// global that nobody else knows of; when it is spent, the module calls [tick], which is Go
// code, and goes on with the next slice if the turn may.
//
// Lowered modules import and export by names of ours: what the module calls them is known
// from its layout. Two functions are imported beside its own, behind them, so that the
// indexes of all it defines move by two.
//
//	imported functions │ tick, growTable │ defined functions │ refill, bulk, references, stand-ins
//	globals │ fuel
//
// The engine checks types after that. What has an index of ours must be refused here: no
// index of the module may reach what was added.

const (
	// fuelSlice is what a module may spend between two ticks: some tens of microseconds of
	// common code.
	fuelSlice = 1 << 15

	// fuelShift makes fuel of bytes of code: that many instructions, nearly.
	fuelShift = 3

	// leafBytes is the length of functions that pay nothing if they call nobody and have no
	// loop: whoever calls them pays as much for the call.
	leafBytes = 128

	// bulkShift makes fuel of bytes or elements that one instruction copies or fills.
	bulkShift = 6

	// functionCostMax bounds what compiling one function takes.
	functionCostMax = 4 * time.Second

	// What compiling takes for each function, whatever it does, and for each import.
	functionCost = 5 * time.Microsecond
	importCost   = 60 * time.Microsecond
)

// addedImports is how many functions are imported beside a module's own.
const addedImports = 2

// lowering is a layout on its way to the bytes that are compiled.
type lowering struct {
	*layout
	refs  map[uint32]bool   // the functions that can be references
	stand map[uint32]uint32 // from an imported one of them to the one that stands for it as a reference
	order []uint32          // those that have one
	fuel  uint32            // index of the global
	cost  time.Duration     // of compiling it, about
	err   error
}

func (l *layout) lower() *lowering {
	w := &lowering{layout: l, refs: make(map[uint32]bool), stand: make(map[uint32]uint32), fuel: uint32(len(l.globals))}
	for _, f := range l.declared() {
		w.refs[f] = true
		w.standFor(f)
	}
	if l.start >= 0 {
		w.standFor(uint32(l.start))
	}
	w.cost = time.Duration(len(l.funcs))*functionCost + time.Duration(len(l.imports))*importCost
	return w
}

// declared lists the functions that can be references, some more than once.
func (l *layout) declared() []uint32 {
	var list []uint32
	for _, e := range l.exports {
		if e.kind == kindFunction {
			list = append(list, uint32(e.index))
		}
	}
	for i := range l.elements {
		e := &l.elements[i]
		list = append(list, e.funcs...)
		for _, c := range e.inits {
			if c.op == opRefFunc {
				list = append(list, uint32(c.value))
			}
		}
	}
	for _, c := range l.inits {
		if c.op == opRefFunc {
			list = append(list, uint32(c.value))
		}
	}
	return list
}

// standFor has a function stand for f where f is used otherwise than by calls of the module, if
// f is imported.
func (w *lowering) standFor(f uint32) {
	if _, ok := w.stand[f]; !ok && int(f) < w.importedFuncs {
		w.stand[f] = w.added() + 3 + uint32(len(w.order))
		w.order = append(w.order, f)
	}
}

// added is the index of the first function that is added behind all others.
func (w *lowering) added() uint32 { return uint32(len(w.funcs)) + addedImports }

func (w *lowering) tick() uint32       { return uint32(w.importedFuncs) }
func (w *lowering) growTable() uint32  { return uint32(w.importedFuncs) + 1 }
func (w *lowering) refill() uint32     { return w.added() }
func (w *lowering) bulk() uint32       { return w.added() + 1 }
func (w *lowering) references() uint32 { return w.added() + 2 }

// callee is the index that function f has for calls.
func (w *lowering) callee(f uint32) uint32 {
	if int(f) < w.importedFuncs {
		return f
	}
	return f + addedImports
}

// referent is the index that function f has where it is a reference or exported: always one
// that the module defines, so that whoever calls it, the module's own import is called.
func (w *lowering) referent(f uint32) uint32 {
	if s, ok := w.stand[f]; ok {
		return s
	}
	return w.callee(f)
}

// open is a block that has begun.
type open struct {
	loop   bool
	weight int // of what comes before it, in the function
	patch  int // where the number is that the loop pays
}

// lowerCode writes the body of function number i of those defined.
func (w *lowering) lowerCode(out []byte, i int) []byte {
	c := &w.code[i]
	t := &w.layout.types[w.funcs[w.importedFuncs+i]]
	locals := uint32(len(t.params)) + uint32(c.declared)
	out = appendU32(out, uint32(len(c.locals)+1))
	for _, g := range c.locals {
		out = append(appendU32(out, g.count), byte(g.typ))
	}
	out = append(out, 1, byte(typeI32)) // what is left of the fuel, for a moment

	r := &reader{data: c.body, offset: c.offset}
	leaf := leaf(c.body)
	entry := open{patch: -1}
	if !leaf {
		out, entry.patch = w.appendPay(out, locals)
	}
	blocks := []open{entry}
	calls, joins, edges := 0, 0, 0
	for r.err == nil {
		start := r.at
		op := r.byte()
		switch operandsOf[op] {
		case withNothing:
		case withBlockType:
			if b := r.signed(33); b >= int64(len(w.layout.types)) {
				r.fail("there is no type %d", b)
			}
			joins++
		case withLabel:
			r.u32()
			edges++
		case withLabels:
			n := r.count() + 1
			edges += n / 8
			for ; n > 0 && r.err == nil; n-- {
				r.u32()
			}
		case withFunction:
			f := w.function(r)
			index := w.callee(f)
			if op == opRefFunc {
				index = w.referent(f)
				if !w.refs[f] {
					r.fail("a reference to function %d was not declared", f)
				}
			}
			calls++
			out = appendU32(append(out, op), index)
			continue
		case withIndirect:
			w.typeIndex(r)
			r.u32()
			calls++
		case withLocal:
			if n := r.u32(); n >= locals {
				r.fail("there is no local %d", n)
			}
		case withGlobal:
			if n := r.u32(); int64(n) >= int64(len(w.globals)) {
				r.fail("there is no global %d", n)
			}
		case withTable, withByte:
			r.u32()
		case withTypes:
			for n := r.count(); n > 0 && r.err == nil; n-- {
				readValueType(r)
			}
		case withAccess:
			r.u32()
			r.u32()
		case withI32:
			r.signed(32)
		case withI64:
			r.signed(64)
		case withF32:
			r.bytes(4)
		case withF64:
			r.bytes(8)
		case withRefType:
			r.byte()
		case withMisc:
			out = w.appendBulk(out, r)
		case withVector:
			skipVector(r)
		default:
			r.fail("instruction %#x is not supported", op)
		}
		if r.err != nil {
			break
		}
		out = append(out, r.data[start:r.at]...)
		weight := r.at + calls*leafBytes
		switch op {
		case opBlock, opIf:
			blocks = append(blocks, open{patch: -1})
		case opLoop:
			b := open{loop: true, weight: weight}
			out, b.patch = w.appendPay(out, locals)
			blocks = append(blocks, b)
		case opEnd:
			b := blocks[len(blocks)-1]
			blocks = blocks[:len(blocks)-1]
			if b.patch >= 0 {
				patchI32(out[b.patch:], int32((weight-b.weight)>>fuelShift+1))
			}
		}
		if len(blocks) == 0 {
			break
		}
	}
	r.end("a function's body")
	cost := compileCost(len(c.body), joins, edges, int(locals))
	if w.cost += cost; cost > functionCostMax {
		r.fail("a function with %d blocks, %d branches and %d locals takes too long to compile; split it", joins, edges, locals)
	}
	if w.err == nil {
		w.err = r.err
	}
	return out
}

// compileCost is about what the compiler takes for a function, on one core, measured. It takes
// longest to find out which value a local has where branches meet.
func compileCost(bytes, joins, edges, locals int) time.Duration {
	meets := time.Duration(joins + edges)
	return time.Duration(bytes)*time.Microsecond + time.Duration(joins)*time.Duration(locals)*time.Microsecond + meets*meets*15*time.Nanosecond
}

// leaf says whether a body is so short, and without loops and calls, that it pays nothing. A
// byte that only looks like one of these makes no difference.
func leaf(body []byte) bool {
	if len(body) > leafBytes {
		return false
	}
	for _, b := range body {
		if b == opLoop || b == opCall || b == opCallIndirect {
			return false
		}
	}
	return true
}

// appendPay writes the instructions that pay, and says where the price is to be written. spare
// is a local that they may use.
func (w *lowering) appendPay(out []byte, spare uint32) (code []byte, price int) {
	out = appendU32(append(out, opGlobalGet), w.fuel)
	out = append(out, opI32Const)
	price = len(out)
	out = append(out, 0, 0, 0, 0, 0)
	out = append(out, opI32Sub)
	return w.appendSpend(out, spare), price
}

// appendSpend writes the instructions that take what is left of the fuel off the stack, and
// get more if nothing is.
func (w *lowering) appendSpend(out []byte, spare uint32) []byte {
	out = appendU32(append(out, opLocalTee), spare)
	out = appendU32(append(out, opGlobalSet), w.fuel)
	out = appendU32(append(out, opLocalGet), spare)
	out = append(out, opI32Const, 0, opI32LtS, opIf, blockVoid, opCall)
	out = appendU32(out, w.refill())
	return append(out, opEnd)
}

// appendBulk reads the rest of an instruction that works on ranges, and writes what pays for
// it: the length of the range is on top of the stack.
func (w *lowering) appendBulk(out []byte, r *reader) []byte {
	switch op := r.u32(); op {
	case 0, 1, 2, 3, 4, 5, 6, 7: // conversions
		return out
	case opMemoryInit, opTableInit, opMemoryCopy, opTableCopy:
		r.u32()
		r.u32()
	case opMemoryFill, opTableFill:
		r.u32()
	case opTableGrow:
		out = append(out, opI32Const)
		out = appendI32(out, int32(r.u32()))
		return appendU32(append(out, opCall), w.growTable())
	case opDataDrop, opElemDrop, opTableSize:
		r.u32()
		return out
	default:
		r.fail("instruction %#x %d is not supported", opMisc, op)
	}
	return appendU32(append(out, opCall), w.bulk())
}
