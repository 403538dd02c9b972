package webapi

import (
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
)

// Performance is a clock that never goes backwards. Its only instance is the global
// performance.
//
// Spec: https://w3c.github.io/hr-time/#sec-performance
var Performance = js.Class[performance]{
	Name:    "Performance",
	Extends: EventTarget,
	Members: append([]js.Member[performance]{
		js.Method("now", 0, func(_ *performance, c *js.Call) (any, error) { return now(c.VM), nil }),
		js.Getter("timeOrigin", func(_ *performance, c *js.Call) (any, error) { return timeOrigin(c.VM), nil }),
		js.Method("toJSON", 0, func(_ *performance, c *js.Call) (any, error) {
			return js.Record{{Name: "timeOrigin", Value: timeOrigin(c.VM)}}, nil
		}),
	}, timelineMembers()...),
}

// performanceGlobal is the global performance.
var performanceGlobal = js.Lazy{Name: "performance", Make: func(*js.VM) any { return new(performance) }}

type performance struct {
	eventTarget
	entries []*performanceEntry // in the order in which they were made
}

// clock is when a VM first asked for the time; its timestamps count from then.
type clock struct{ origin time.Time }

// resolution is how exact timestamps are: finer ones would help to guess at what others
// on the machine do.
//
// Spec: https://w3c.github.io/hr-time/#dfn-coarsen-time
const resolution = 100 * time.Microsecond

func clockOf(vm *js.VM) *clock {
	c := js.Local[clock](vm)
	if c.origin.IsZero() {
		c.origin = time.Now()
	}
	return c
}

// now returns the milliseconds since vm's time origin.
func now(vm *js.VM) float64 { return milliseconds(time.Since(clockOf(vm).origin)) }

// timeOrigin returns the milliseconds from 1970 to vm's time origin.
func timeOrigin(vm *js.VM) float64 {
	return milliseconds(time.Duration(clockOf(vm).origin.UnixNano()))
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Truncate(resolution)/time.Microsecond) / 1000
}
