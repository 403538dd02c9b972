package wasm

import (
	"container/list"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

const (
	// keptBytesMax is how many bytes of modules that scripts compiled a library keeps.
	keptBytesMax = 16 << 20

	// typeBytesMax bounds the types of functions that a library has seen: the engine remembers
	// each.
	typeBytesMax = 4 << 20

	// What compiling a module may take: of a bundle's own, before its first turn; of one that a
	// script compiles, beside its turns or in one.
	bundledCostMax = 60 * time.Second
	asideCostMax   = 2 * time.Second
	turnCostMax    = 100 * time.Millisecond
)

// Library keeps the modules of one bundle, compiled. Code is shared by the VMs that run the
// bundle, and by no others. Modules that come with the bundle are compiled by [Library.Compile].
// Of those that scripts compile at run time the latest are kept, and all that are in use.
//
// All methods are safe for concurrent use. There is nothing to close.
type Library struct {
	open    sync.Once
	err     error
	config  wazero.RuntimeConfig
	runtime wazero.Runtime // compiles; instances are in runtimes of their VMs
	anatomy *anatomy

	mu struct {
		sync.Mutex
		bundled   map[digest]*Code
		kept      map[digest]*list.Element // of *Code
		order     list.List                // the latest first
		keptBytes int
		types     map[string]bool
		typeBytes int
		made      map[string]*Code
	}
}

// digest names a module.
type digest [sha256.Size]byte

// NewLibrary returns an empty library. It costs next to nothing before its first use.
func NewLibrary() *Library { return new(Library) }

// CompileError says that bytes are no module, or none that can be run here.
type CompileError struct{ Reason string }

func (e *CompileError) Error() string { return e.Reason }

// Compile compiles a module that comes with the bundle, and keeps it. It may take seconds for
// megabytes. The error is a *CompileError, or ctx's.
func (l *Library) Compile(ctx context.Context, module []byte) (*Code, error) {
	d := digest(sha256.Sum256(module))
	l.mu.Lock()
	code := l.mu.bundled[d]
	l.mu.Unlock()
	if code != nil {
		return code, nil
	}
	code, err := l.compile(experimental.WithCompilationWorkers(ctx, max(1, runtime.GOMAXPROCS(0)/2)), module, bundledCostMax)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mu.bundled == nil {
		l.mu.bundled = make(map[digest]*Code)
	}
	l.mu.bundled[d] = code
	return code, nil
}

// find returns the module that d names, nil if it must be compiled.
func (l *Library) find(d digest) *Code {
	l.mu.Lock()
	defer l.mu.Unlock()
	if code := l.mu.bundled[d]; code != nil {
		return code
	}
	e := l.mu.kept[d]
	if e == nil {
		return nil
	}
	l.mu.order.MoveToFront(e)
	return e.Value.(*Code)
}

// compileNew compiles what find has not found, and keeps it for a while.
func (l *Library) compileNew(ctx context.Context, d digest, module []byte, most time.Duration) (*Code, error) {
	code, err := l.compile(ctx, module, most)
	if err != nil {
		return nil, err
	}
	code.digest = d
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mu.kept == nil {
		l.mu.kept = make(map[digest]*list.Element)
	}
	if e := l.mu.kept[d]; e != nil {
		return e.Value.(*Code), nil
	}
	l.mu.kept[d] = l.mu.order.PushFront(code)
	l.mu.keptBytes += code.bytes
	for l.mu.keptBytes > keptBytesMax && l.mu.order.Len() > 1 {
		last := l.mu.order.Back()
		l.mu.order.Remove(last)
		delete(l.mu.kept, last.Value.(*Code).digest)
		l.mu.keptBytes -= last.Value.(*Code).bytes
	}
	return code, nil
}

// start makes the engine, once.
func (l *Library) start() error {
	l.open.Do(func() { l.err = l.startEngine(wazero.NewRuntimeConfig()) })
	return l.err
}

// startEngine makes the engine: with [wazero.NewRuntimeConfig] the compiler, where the processor
// has one and the process may make memory executable, and else the interpreter. A jail may not.
func (l *Library) startEngine(config wazero.RuntimeConfig) error {
	cache := wazero.NewCompilationCache()
	configure := func(c wazero.RuntimeConfig) {
		l.config = c.WithCoreFeatures(api.CoreFeaturesV2).WithDebugInfoEnabled(false).WithCompilationCache(cache)
	}
	configure(config)
	l.runtime = l.newRuntime()
	l.mu.types, l.mu.made = make(map[string]bool), make(map[string]*Code)
	code, err := l.make(tableModule(typeFuncref, -1))
	if err != nil {
		return fmt.Errorf("wasm: %w", err)
	}
	module, err := l.newRuntime().InstantiateModule(context.Background(), code.module, instanceConfig)
	if err != nil {
		return fmt.Errorf("wasm: %w", err)
	}
	f := module.ExportedFunction(sizeName)
	compiler := strings.HasSuffix(reflect.TypeOf(f).Elem().PkgPath(), "/wazevo")
	if l.anatomy, err = dissect(f, compiler); err != nil {
		return fmt.Errorf("wasm: this build of the engine does not fit: %w", err)
	}
	if compiler { // asking each time what the process may do would take longer than an instance
		configure(wazero.NewRuntimeConfigCompiler())
	}
	return nil
}

// newRuntime makes a runtime that shares what was compiled. Its modules are collected with it.
func (l *Library) newRuntime() wazero.Runtime {
	return wazero.NewRuntimeWithConfig(context.Background(), l.config)
}

// compile lowers and compiles a module, if that takes no longer than most.
func (l *Library) compile(ctx context.Context, module []byte, most time.Duration) (*Code, error) {
	if err := l.start(); err != nil {
		return nil, err
	}
	layout, err := parse(module)
	if err != nil {
		return nil, &CompileError{err.Error()}
	}
	w := layout.lower()
	lowered, err := w.emit()
	if err != nil {
		return nil, &CompileError{err.Error()}
	}
	if w.cost > most {
		return nil, &CompileError{fmt.Sprintf("the module takes %v to compile, and %v are the most here; "+
			"import the .wasm file, so that it is compiled with the bundle", w.cost.Round(time.Millisecond), most)}
	}
	if err := l.remember(layout.types); err != nil {
		return nil, err
	}
	code, err := l.load(ctx, lowered)
	if err != nil {
		return nil, err
	}
	code.layout, code.lowering, code.bytes = layout, w, len(module)
	layout.release()
	if err := l.host(ctx, code); err != nil {
		return nil, err
	}
	return code, nil
}

// remember counts the types that the engine will keep for as long as the library is there.
func (l *Library) remember(types []functionType) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range types {
		key := string(t.key())
		if l.mu.types[key] {
			continue
		}
		if l.mu.typeBytes += len(key) + 64; l.mu.typeBytes > typeBytesMax {
			return &CompileError{"this bundle's modules have too many types of functions"}
		}
		l.mu.types[key] = true
	}
	return nil
}

// load hands bytes to the engine.
func (l *Library) load(ctx context.Context, module []byte) (*Code, error) {
	compiled, err := l.runtime.CompileModule(ctx, module)
	if err != nil {
		if ctxErr := ctx.Err(); ctxErr != nil {
			return nil, ctxErr
		}
		return nil, &CompileError{err.Error()}
	}
	code := &Code{module: compiled}
	runtime.AddCleanup(code, func(c wazero.CompiledModule) { _ = c.Close(context.Background()) }, compiled)
	return code, nil
}

// madeMax is how many modules of ours a library keeps.
const madeMax = 256

// make compiles a module of ours, and keeps it for a while.
func (l *Library) make(module []byte) (*Code, error) {
	key := string(module)
	l.mu.Lock()
	code := l.mu.made[key]
	l.mu.Unlock()
	if code != nil {
		return code, nil
	}
	code, err := l.load(context.Background(), module)
	if err != nil {
		return nil, errors.Join(errors.New("a module of Skerry's own does not compile"), err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.mu.made) >= madeMax {
		clear(l.mu.made)
	}
	l.mu.made[key] = code
	return code, nil
}
