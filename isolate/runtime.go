package isolate

import (
	"bytes"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate/binding"
	"github.com/skerry-edge/skerry/isolate/js"
)

// asksRuntime says whether a bundle's script has modules of the runtime in it.
func asksRuntime(b *bundles.Bundle) bool { return bytes.Contains(b.Script, []byte("__runtime")) }

// runtime makes the function by which modules such as cloudflare:workers get what is not
// JavaScript; see bundles/build.
func (i *Isolate) runtime() js.Value {
	return i.vm.NewFunction("__runtime", 1, func(c *js.Call) (any, error) {
		switch name := c.String(0); name {
		case "env":
			return i.environment(), nil
		case "waitUntil":
			return i.vm.NewFunction("waitUntil", 1, i.waitUntil), nil
		default:
			return nil, js.TypeError("this version of Skerry does not provide %s", name)
		}
	})
}

// environment returns the one env of i, in a turn.
func (i *Isolate) environment() *js.Object {
	if i.env == nil {
		i.env = binding.Env(i.vm, i.pool.env, binding.Host{KV: i.pool.engine.cfg.Host.KV})
	}
	return i.env
}

// waitUntil is ctx.waitUntil of the event that is being handled.
func (i *Isolate) waitUntil(c *js.Call) (any, error) {
	if i.context == nil {
		return nil, js.TypeError("waitUntil: no event is being handled; call it in a handler, not at the top level of a module")
	}
	return js.Undefined, i.context.waitUntil(c)
}
