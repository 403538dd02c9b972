package fence

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
)

// Groups makes control groups for the children of this process, beneath its own group. It is
// safe for concurrent use.
//
// With version 2 of control groups it needs a group that was delegated to this process, as
// systemd does with Delegate=yes; it moves this process, and those of its children that share
// its group, into a group beside the children's. With version 1, which many containers still
// have, it needs a memory hierarchy that it may write to. Failing both it makes groups that
// bound nothing, and says so in Layers.
type Groups struct{ groups }

// Limits bound what a child and its descendants have together.
type Limits struct {
	// MemoryBytes bounds memory, with the kernel's for them and without swap. Where it doesn't
	// suffice the kernel kills them. Zero: no bound.
	MemoryBytes int64

	// ProcessesMax bounds processes and threads: a Go program has about ten, and one more for
	// each blocked system call. Where it doesn't suffice Go ends the process. Zero: no bound.
	ProcessesMax int
}

// Validate names the field that can't work.
func (l Limits) Validate() error {
	switch {
	case l.MemoryBytes < 0:
		return fmt.Errorf("fence: Limits.MemoryBytes is %d; use 0 for no bound", l.MemoryBytes)
	case l.ProcessesMax < 0:
		return fmt.Errorf("fence: Limits.ProcessesMax is %d; use 0 for no bound", l.ProcessesMax)
	}
	return nil
}

// OpenGroups finds out what control groups there are, and removes groups that a predecessor has
// left behind. It never fails: what can't be had is a missing layer.
func OpenGroups() *Groups { return &Groups{openGroups()} }

// Layers says whether groups bound memory and the number of processes, and if not, why.
func (g *Groups) Layers() Layers { return g.layers() }

// New makes an empty group. The name is for who looks at the machine; it need not be unique.
// The group must be closed.
func (g *Groups) New(name string, limits Limits) (*Group, error) {
	if err := limits.Validate(); err != nil {
		return nil, err
	}
	group, err := g.make(groupName(name), limits)
	if err != nil {
		return nil, fmt.Errorf("control group %s: %w", name, err)
	}
	return &Group{group}, nil
}

// Group is a control group around a child. Its methods may be called by any goroutine.
type Group struct{ group }

// StartIn makes a process that is started with attr begin in the group, where the kernel can do
// that (version 2); the group must stay open until then. Where it can't, the process begins in
// this one's group, and [Group.Add] moves it.
func (g *Group) StartIn(attr *syscall.SysProcAttr) { g.startIn(attr) }

// Add moves a process with all its threads into the group; one that is there already stays. What
// it has allocated before is not counted with version 1: call it before the child has work.
func (g *Group) Add(pid int) error { return g.add(pid) }

// OOMKills returns how many processes of the group the kernel has killed for want of memory,
// zero where the kernel doesn't bound memory.
func (g *Group) OOMKills() (int, error) { return g.oomKills() }

// PeakBytes returns the most memory that the group has had at once, zero if it is not known.
func (g *Group) PeakBytes() (int64, error) { return g.peakBytes() }

// Close removes the group, once its processes are gone and waited for. If one is left, it returns
// [ErrBusy] after a second, and may be called again.
func (g *Group) Close() error { return g.remove() }

// ErrBusy says that a group has processes.
var ErrBusy = errors.New("the control group still has processes")

// groupName makes a name harmless as that of a folder.
func groupName(name string) string {
	name = strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
			return c
		}
		return '_'
	}, name)
	return name[:min(len(name), 64)]
}
