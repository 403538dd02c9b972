//go:build !linux

package fence

import (
	"runtime"
	"syscall"
)

type groups struct{}

func openGroups() groups { return groups{} }

func (groups) layers() Layers {
	var l Layers
	l.lack(LayerMemory, runtime.GOOS+" has no control groups")
	l.lack(LayerProcesses, runtime.GOOS+" has no control groups")
	return l
}

func (groups) make(string, Limits) (group, error) { return group{}, nil }

type group struct{}

func (group) startIn(*syscall.SysProcAttr) {}
func (group) add(int) error                { return nil }
func (group) oomKills() (int, error)       { return 0, nil }
func (group) peakBytes() (int64, error)    { return 0, nil }
func (group) remove() error                { return nil }
