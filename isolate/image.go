package isolate

import (
	"context"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate/js"
)

// image is what isolates of a bundle are made of instead of evaluating it again: an isolate
// was evaluated, and warmed up, and no event has seen it.
type image struct {
	js    *js.Image
	class bool  // see Isolate.class
	bytes int64 // that it holds, about
}

// imageAfter is how often a pool evaluates its bundle before it takes an image: functions that
// nobody calls twice don't hold one.
const imageAfter = 2

// picture takes the image of a bundle that is used, unless that was tried before: a bundle of
// which none can be taken is evaluated for each isolate.
func (p *Pool) picture(ctx context.Context, priority js.Priority) {
	if p.manifest.Isolation == bundles.IsolationReuse || p.wanted.Load() > imageAfter || p.wanted.Add(1) != imageAfter+1 {
		return
	}
	i, err := p.evaluate(ctx, priority, true)
	if err != nil {
		return
	}
	var taken *js.Image
	_ = i.vm.Hold(ctx, func() error { // its turn ends with the VM
		taken, err = js.NewImage(i.vm, js.Taken{
			Roots: []*js.Object{i.handler}, Outside: i.outside(), Worldly: p.engine.worldly,
		})
		return nil
	})
	if taken == nil {
		return
	}
	p.image.Store(&image{taken, i.class, p.weight.Load()})
	p.weighed.Store(0)
	p.weight.Store(0)
	p.account()
}

// copy makes an isolate from an image.
func (p *Pool) copy(ctx context.Context, priority js.Priority, from *image) (*Isolate, error) {
	i := p.isolate(priority, false)
	weigh := p.weigh(i)
	err := i.vm.Enter(ctx, func() {
		i.handler = i.vm.Copy(from.js, func(n int) *js.Object { return i.outside()[n] })[0]
		i.class = from.class
		i.environment()
	})
	weigh()
	if failure := p.startFailure(ctx, i, err, nil); failure != nil {
		return nil, failure
	}
	i.vm.Abandon()
	return i, nil
}

// outside are the objects that each isolate has its own of: env, and the functions that the
// bundle's script was called with. The script has registered before an image was taken.
func (i *Isolate) outside() []*js.Object {
	if i.given == nil {
		i.given = i.pool.arguments(i, i.vm.NewFunction("__register", 1, func(*js.Call) (any, error) { return js.Undefined, nil }))
	}
	outside := []*js.Object{i.environment()}
	for _, v := range i.given {
		o, _ := v.(*js.Object)
		outside = append(outside, o)
	}
	return outside
}

// warmup runs the bundle's warmup, in a turn, and returns the promise that it gave; nil: it is
// done, or there is none.
func (i *Isolate) warmup(module js.Value) (js.Value, error) {
	f := i.vm.Get(module, "warmup")
	if !js.IsFunction(f) {
		return nil, nil
	}
	i.warming = true
	v, err := i.vm.Call(f, js.Undefined, i.environment())
	if err != nil || !js.IsPromise(v) {
		return nil, err
	}
	return v, nil
}

// warmupMax is how long a warmup may take that waits.
func (c Config) warmupMax() time.Duration {
	if c.StartMax > 0 {
		return c.StartMax
	}
	return time.Minute
}
