package webapi

import (
	"fmt"
	"strings"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
)

// Console writes lines to [Host.Console]. Without a host it does nothing.
//
// Spec: https://console.spec.whatwg.org/#console-namespace
var Console = js.Namespace{
	Name:  "console",
	Apart: true,
	Members: []js.Static{
		js.StaticMethod("assert", 0, consoleAssert),
		js.StaticMethod("clear", 0, func(c *js.Call) (any, error) {
			js.Local[console](c.VM).groups = 0
			return js.Undefined, nil
		}),
		js.StaticMethod("count", 0, consoleCount),
		js.StaticMethod("countReset", 0, consoleCountReset),
		js.StaticMethod("debug", 0, logger("debug")),
		js.StaticMethod("dir", 0, consoleDir),
		js.StaticMethod("dirxml", 0, logger("log")),
		js.StaticMethod("error", 0, logger("error")),
		js.StaticMethod("group", 0, consoleGroup),
		js.StaticMethod("groupCollapsed", 0, consoleGroup),
		js.StaticMethod("groupEnd", 0, func(c *js.Call) (any, error) {
			s := js.Local[console](c.VM)
			s.groups = max(0, s.groups-1)
			return js.Undefined, nil
		}),
		js.StaticMethod("info", 0, logger("info")),
		js.StaticMethod("log", 0, logger("log")),
		js.StaticMethod("table", 0, consoleTable),
		js.StaticMethod("time", 0, consoleTime),
		js.StaticMethod("timeEnd", 0, consoleTimeEnd),
		js.StaticMethod("timeLog", 0, consoleTimeLog),
		js.StaticMethod("timeStamp", 0, func(*js.Call) (any, error) { return js.Undefined, nil }), // for profilers, and there is none
		js.StaticMethod("trace", 0, consoleTrace),
		js.StaticMethod("warn", 0, logger("warn")),
	},
}

const (
	// consoleBytesMax bounds one line; the rest of it is cut.
	consoleBytesMax  = 8 << 10
	consoleGroupsMax = 20
	consoleNestedMax = 20
)

// console is what one VM's console remembers.
type console struct {
	groups int // open ones; lines are indented by two spaces for each
	nested int // calls that format values: a toString may call the console itself
	counts map[string]int
	timers map[string]time.Time
}

// logger is a method that formats its arguments and writes them at a level.
func logger(level string) func(*js.Call) (any, error) {
	return func(c *js.Call) (any, error) {
		log(c, level)
		return js.Undefined, nil
	}
}

// log formats and writes the arguments; none is nothing.
//
// Spec: https://console.spec.whatwg.org/#logger
func log(c *js.Call, level string) {
	if c.Len() == 0 || !hasConsole(c.VM) {
		return
	}
	writeConsole(c.VM, level, format(c.VM, c.Args(0)))
}

func hasConsole(vm *js.VM) bool {
	_, ok := vm.Host().(Host)
	return ok
}

// writeConsole writes one line, which may have line breaks in it, indented as the groups
// that are open ask for.
func writeConsole(vm *js.VM, level, message string) {
	host, ok := vm.Host().(Host)
	if !ok {
		return
	}
	if n := js.Local[console](vm).groups; n > 0 {
		indent := strings.Repeat("  ", min(n, consoleGroupsMax))
		message = indent + strings.ReplaceAll(clip(message, consoleBytesMax), "\n", "\n"+indent)
	}
	host.Console(level, clip(message, consoleBytesMax))
}

// consoleAssert writes an error unless its first argument is true.
//
// Spec: https://console.spec.whatwg.org/#assert
func consoleAssert(c *js.Call) (any, error) {
	if c.Bool(0) || !hasConsole(c.VM) {
		return js.Undefined, nil
	}
	args := c.Args(1)
	if len(args) > 0 && js.IsString(args[0]) { // it may be a format
		args[0] = c.VM.ToValue("Assertion failed: " + clip(c.VM.String(args[0]), 2*consoleBytesMax))
	} else {
		args = append([]js.Value{c.VM.ToValue("Assertion failed")}, args...)
	}
	writeConsole(c.VM, "error", format(c.VM, args))
	return js.Undefined, nil
}

// label is the name that counts and timers go by.
func label(c *js.Call) string {
	if !c.Given(0) {
		return "default"
	}
	return clip(c.String(0), 200)
}

func consoleCount(c *js.Call) (any, error) {
	s, name := js.Local[console](c.VM), label(c)
	if s.counts == nil {
		s.counts = make(map[string]int)
	}
	s.counts[name]++
	writeConsole(c.VM, "info", fmt.Sprintf("%s: %d", name, s.counts[name]))
	return js.Undefined, nil
}

func consoleCountReset(c *js.Call) (any, error) {
	s, name := js.Local[console](c.VM), label(c)
	if _, ok := s.counts[name]; !ok {
		writeConsole(c.VM, "warn", fmt.Sprintf("Count for '%s' does not exist", name))
	}
	delete(s.counts, name)
	return js.Undefined, nil
}

// consoleDir writes one value, to the depth that its options ask for.
func consoleDir(c *js.Call) (any, error) {
	if !hasConsole(c.VM) || c.Len() == 0 {
		return js.Undefined, nil
	}
	in := newInspector(c.VM)
	switch depth := c.VM.Get(c.Arg(1), "depth"); {
	case js.IsNumber(depth):
		in.depthMax = int(min(max(c.VM.Int(depth), 0), inspectDepthLimit))
	case depth == js.Null:
		in.depthMax = inspectDepthLimit
	}
	writeConsole(c.VM, "log", in.inspect(c.Arg(0)))
	return js.Undefined, nil
}

// consoleGroup writes its arguments and indents what comes until groupEnd.
func consoleGroup(c *js.Call) (any, error) {
	log(c, "log")
	js.Local[console](c.VM).groups++
	return js.Undefined, nil
}

func consoleTime(c *js.Call) (any, error) {
	s, name := js.Local[console](c.VM), label(c)
	if _, ok := s.timers[name]; ok {
		writeConsole(c.VM, "warn", fmt.Sprintf("Timer '%s' already exists", name))
		return js.Undefined, nil
	}
	if s.timers == nil {
		s.timers = make(map[string]time.Time)
	}
	s.timers[name] = time.Now()
	return js.Undefined, nil
}

func consoleTimeEnd(c *js.Call) (any, error) {
	name := label(c)
	logTime(c.VM, name, nil)
	delete(js.Local[console](c.VM).timers, name)
	return js.Undefined, nil
}

func consoleTimeLog(c *js.Call) (any, error) {
	logTime(c.VM, label(c), c.Args(1))
	return js.Undefined, nil
}

// logTime writes what a timer stands at, and values after it.
func logTime(vm *js.VM, name string, values []js.Value) {
	started, ok := js.Local[console](vm).timers[name]
	if !ok {
		writeConsole(vm, "warn", fmt.Sprintf("Timer '%s' does not exist", name))
		return
	}
	line := fmt.Sprintf("%s: %vms", name, milliseconds(time.Since(started)))
	if len(values) > 0 {
		line += " " + newInspector(vm).join(values)
	}
	writeConsole(vm, "info", line)
}

// consoleTrace writes its arguments and where it was called.
func consoleTrace(c *js.Call) (any, error) {
	if !hasConsole(c.VM) {
		return js.Undefined, nil
	}
	line := "Trace"
	if c.Len() > 0 {
		line += ": " + format(c.VM, c.Args(0))
	}
	here := c.VM.ReportValue(c.VM.ErrorValue(&js.ThrowError{Class: "Error"}))
	if stack := here.Stack(); stack != "" {
		line += "\n" + stack
	}
	writeConsole(c.VM, "log", line)
	return js.Undefined, nil
}
