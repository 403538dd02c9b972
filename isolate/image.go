package isolate

import (
	"context"
	"errors"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate/js"
)

// image is what isolates of a bundle are made of instead of evaluating it again: an isolate
// was evaluated, and warmed up, and no event has seen it. See [js.Image].
type image struct {
	js    *js.Image
	class bool  // see Isolate.class
	bytes int64 // that it holds, about
}

// imageAfter is how often a pool evaluates its bundle before it takes an image: functions that
// nobody calls twice don't hold one. The least that it took tells whether an image is worth it.
const imageAfter = 3

// evaluations are what a pool knows of how dear it is to evaluate its bundle.
type evaluations struct {
	count int
	least time.Duration // CPU time
	warms bool          // the bundle has a warmup
	tried bool          // an image was, or is not worth it
}

// evaluated notes what i has cost.
func (p *Pool) evaluated(i *Isolate) {
	cpu := i.vm.Meter().Used()
	p.mu.Lock()
	defer p.mu.Unlock()
	e := &p.mu.evaluations
	if e.count == 0 || cpu < e.least {
		e.least = cpu
	}
	e.warms = i.warming
	e.count++
}

// wantsImage says, once, that it is time to take an image. Those who export a warmup ask for
// one; without it next to nothing would be saved.
func (p *Pool) wantsImage() bool {
	always := p.engine.cfg.ImageCPU < 0
	p.mu.Lock()
	defer p.mu.Unlock()
	e := &p.mu.evaluations
	if e.tried || e.count < imageAfter && !always {
		return false
	}
	e.tried = true
	return (e.warms || always) && e.least >= p.engine.cfg.ImageCPU && p.manifest.Isolation != bundles.IsolationReuse
}

// picture takes an image of a bundle that is used, if it is worth it. A bundle of which none can
// be taken is evaluated for each isolate, and its log says why.
func (p *Pool) picture(ctx context.Context) {
	if !p.wantsImage() {
		return
	}
	i, err := p.evaluate(ctx, js.High, true) // where events wait, others would never have a turn
	if err != nil {
		return
	}
	fresh := p.isolate(js.High, false)
	var taken *js.Image
	_ = i.vm.Hold(ctx, func() error { // its turn ends with the VM
		taken, err = js.NewImage(i.vm, js.Taken{
			Roots: []*js.Object{i.handler}, Outside: i.outside(), Fresh: fresh.vm, Given: fresh.outside(), Worldly: p.engine.worldly,
		})
		return nil
	})
	var notCopyable *js.NotCopyable
	switch {
	case taken != nil:
		p.image.Store(&image{taken, i.class, 2 * p.weight.Load()}) // the objects, and what describes them
		p.account()
	case errors.As(err, &notCopyable):
		i.write("info", "each isolate evaluates the bundle anew, none is copied: "+notCopyable.Reason)
	}
}

// copy makes an isolate from an image, or as if there were none if that fails.
func (p *Pool) copy(ctx context.Context, priority js.Priority, from *image) (*Isolate, error) {
	i := p.isolate(priority, false)
	i.copied = from
	err := i.vm.Enter(ctx, func() {
		i.handler = i.vm.Copy(from.js, func(n int) *js.Object { return i.outside()[n] })[0]
		i.class = from.class
		i.environment()
	})
	if failure := p.startFailure(ctx, i, err, nil); failure != nil {
		if ctx.Err() != nil {
			return nil, failure
		}
		i.drop(failure)
		return p.evaluate(ctx, priority, false)
	}
	i.vm.Abandon()
	return i, nil
}

// drop gives up the image that i was made from, which has failed: from now on each isolate
// evaluates the bundle.
func (i *Isolate) drop(why error) {
	if i.pool.image.CompareAndSwap(i.copied, nil) { // no other isolate has met it
		i.pool.account()
		i.write("warn", "each isolate evaluates the bundle anew: what was copied has failed: "+why.Error())
	}
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
