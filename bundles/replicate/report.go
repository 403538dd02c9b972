package replicate

import (
	"errors"
	"slices"
	"time"
)

// reportsApart is how long Status may be behind while functions are being prepared: with
// thousands of them that fail, each would make a new list of all.
const reportsApart = 100 * time.Millisecond

// reportDue returns when the next report is due; zero: now.
func (l *loop) reportDue() time.Time {
	if !l.busy() || l.tried || slices.ContainsFunc(l.waiting, l.satisfied) {
		return time.Time{}
	}
	return l.reported.Add(reportsApart)
}

// report tells Status.
func (l *loop) report(now time.Time) {
	l.reported = now
	s := Status{
		Revision: l.looker.seen.Revision,
		Held:     l.held(nil),
		Err:      errors.Join(l.looker.err, l.switchErr, l.stateErr),
		Sweep:    l.sweepErr,
	}
	if l.serving != nil {
		s.Applied = l.serving.Revision
	}
	s.Degraded = s.Err != nil || len(s.Held) > 0
	old := l.replica.Status()
	s.Since = old.Since
	if s.Degraded != old.Degraded {
		s.Since = now
	}
	l.replica.status.Store(&s)
	if !s.same(old) {
		l.cfg.Changed(s)
	}
}
