package isolate

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate/js"
)

// failureOf says why running an isolate ended with err.
func (i *Isolate) failureOf(ctx context.Context, err error) *Failure {
	limits := &i.pool.manifest.Limits
	var broken *js.PanicError
	switch {
	case errors.Is(err, js.ErrCPU):
		return exceededCPU(i.vm.Meter().Used().Milliseconds(), i.vm.Meter().Budget().Milliseconds())
	case errors.Is(err, js.ErrMemory):
		return exceededMemory(i.vm.Meter().Peak()>>20, i.vm.Meter().MemoryBudget()>>20)
	case errors.Is(err, errWall):
		wall := int64(*limits.WallMillis)
		return &Failure{
			Outcome: OutcomeExceededWall,
			Message: "the handler had no response after " + strconv.FormatInt(wall, 10) + " ms (limits.wall_ms)",
			Limit:   "wall_ms", Used: wall, Allowed: wall,
		}
	case errors.Is(err, js.ErrNeverSettles):
		return &Failure{
			Outcome: OutcomeNeverSettled,
			Message: "the handler's promise can never settle: it waits for something, but no timer, fetch or KV call is under way",
		}
	case errors.As(err, &broken):
		return &Failure{Outcome: OutcomeInternal, Message: "the engine failed on this script", Detail: broken.Error() + "\n" + string(broken.Stack)}
	case ctx.Err() != nil:
		return &Failure{Outcome: OutcomeCanceled, Message: "the client left, or the node is stopping"}
	default:
		return i.exception(err)
	}
}

// exception describes what the script threw, in a turn.
func (i *Isolate) exception(err error) *Failure {
	report := i.vm.Report(err)
	f := &Failure{Outcome: OutcomeException, Message: report.Message, Stack: report.Stack()}
	for _, frame := range report.Frames {
		if strings.Contains(frame.File, "node_modules/") && frame != report.Frames[0] {
			continue
		}
		f.Source = &Frame{File: frame.File, Line: frame.Line, Column: frame.Column}
		f.Source.Text = i.pool.sourceLine(frame.File, frame.Line)
		break
	}
	return f
}

// sourceLine returns a line of the author's sources, empty if sources are not kept.
func (p *Pool) sourceLine(file string, line int) string {
	if !p.engine.cfg.SourceLines {
		return ""
	}
	bundle, err := p.engine.cfg.Load(p.engine.ctx, p.digest)
	if err != nil {
		return ""
	}
	return lineOf(bundle, file, line)
}

// lineOf finds a line in the sources that a bundle's source map carries.
func lineOf(b *bundles.Bundle, file string, line int) string {
	var m struct {
		Sources []string `json:"sources"`
		Content []string `json:"sourcesContent"`
	}
	if json.Unmarshal(b.SourceMap, &m) != nil {
		return ""
	}
	for i, source := range m.Sources {
		if source != file || i >= len(m.Content) {
			continue
		}
		lines := strings.Split(m.Content[i], "\n")
		if line >= 1 && line <= len(lines) {
			return strings.TrimRight(lines[line-1], "\r")
		}
	}
	return ""
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
