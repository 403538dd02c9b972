package js

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/dop251/goja"
)

// Report is an error of a script, written out for people.
type Report struct {
	Message string  // "TypeError: x is not a function", at most reportBytesMax long
	Frames  []Frame // where it was made or thrown, the innermost first
}

// Frame is one line of a stack, in terms of the author's files.
type Frame struct {
	Function string // empty: anonymous, or the top level
	File     string
	Line     int // from 1
	Column   int // from 1
}

const (
	reportBytesMax  = 8 << 10
	reportFramesMax = 32
	stackBytesMax   = 64 << 10 // of what is looked at: a script can write a stack itself
)

// Stack writes frames as V8 does, one a line, each indented by four spaces.
func (r Report) Stack() string {
	var b strings.Builder
	for _, f := range r.Frames {
		b.WriteString("    at ")
		place := f.File + ":" + strconv.Itoa(f.Line) + ":" + strconv.Itoa(f.Column)
		if f.Function != "" {
			place = f.Function + " (" + place + ")"
		}
		b.WriteString(place + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Report describes what a script threw. It may run the script's code (a toString, a
// getter), and must be called in a turn; what that code throws is left out.
func (vm *VM) Report(err error) Report {
	var overflow *goja.StackOverflowError
	if errors.As(err, &overflow) {
		return Report{Message: "RangeError: Maximum call stack size exceeded", Frames: framesOf(overflow.Stack())}
	}
	v, ok := Thrown(err)
	if !ok {
		return Report{Message: clip(err.Error())}
	}
	r := vm.ReportValue(v)
	var exception *goja.Exception
	if len(r.Frames) == 0 && errors.As(err, &exception) {
		r.Frames = framesOf(exception.Stack())
	}
	return r
}

// ReportValue is Report for a value that was thrown or is the reason of a rejection.
func (vm *VM) ReportValue(v Value) Report {
	var r Report
	if err := vm.Try(func() { r = vm.report(v) }); err != nil {
		return Report{Message: "an error that can't be shown: turning it into a string throws"}
	}
	return r
}

func (vm *VM) report(v Value) Report {
	o, ok := v.(*goja.Object)
	if !ok {
		if s, isSymbol := v.(*goja.Symbol); isSymbol {
			return Report{Message: clip(s.String())}
		}
		return Report{Message: clip(vm.String(v))}
	}
	stack := o.Get("stack")
	if stack == nil || !IsString(stack) {
		return Report{Message: clip(vm.errorText(o))}
	}
	text := vm.String(stack)
	return Report{Message: clip(vm.errorText(o)), Frames: parseStack(text[:min(len(text), stackBytesMax)])}
}

// errorText is an error's name and message; for other objects, what String gives.
func (vm *VM) errorText(o *goja.Object) string {
	name, message := o.Get("name"), o.Get("message")
	if name == nil || message == nil {
		return vm.String(o)
	}
	switch n, m := clip(vm.String(name)), clip(vm.String(message)); {
	case m == "":
		return n
	case n == "":
		return m
	default:
		return n + ": " + m
	}
}

func clip(s string) string {
	if len(s) > reportBytesMax {
		return strings.ToValidUTF8(s[:reportBytesMax], "") + "…"
	}
	return s
}

// The engine writes a frame as "at name (file:line:column(pc))" or "at file:line:column(pc)".
var stackLine = regexp.MustCompile(`^\s*at (?:(.*) \()?(.+):(\d+):(\d+)\(\d+\)\)?$`)

func parseStack(stack string) []Frame {
	var frames []Frame
	for line := range strings.Lines(stack) {
		m := stackLine.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil {
			continue
		}
		if len(frames) == reportFramesMax {
			break
		}
		row, _ := strconv.Atoi(m[3])
		column, _ := strconv.Atoi(m[4])
		frames = append(frames, Frame{Function: m[1], File: m[2], Line: row, Column: column})
	}
	return frames
}

func framesOf(stack []goja.StackFrame) []Frame {
	var frames []Frame
	for _, f := range stack {
		at := f.Position()
		if at.Line == 0 || len(frames) == reportFramesMax {
			continue
		}
		name := f.FuncName()
		if name == "<anonymous>" || name == "<native>" {
			name = ""
		}
		frames = append(frames, Frame{Function: name, File: at.Filename, Line: at.Line, Column: at.Column})
	}
	return frames
}
