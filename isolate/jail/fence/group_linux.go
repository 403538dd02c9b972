package fence

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// groups are the folders that groups are made in, each a controller's with version 1, the same
// one for both with version 2.
type groups struct {
	version   int    // of control groups; 0: there are none to be had
	memory    string // empty: nothing bounds memory
	processes string // empty: nothing bounds their number
	prefix    string // of our groups' names
	serial    *atomic.Uint64
	have      Layers
}

// groupPrefix begins the names of all groups. It is followed by the process that made the group,
// when that was started, a number, and the name that was asked for:
// "skerry-4711-190233-1-shop".
const groupPrefix = "skerry-"

func openGroups() groups {
	own, err := os.ReadFile("/proc/self/cgroup")
	if err == nil {
		var mounts []byte
		if mounts, err = os.ReadFile("/proc/self/mountinfo"); err == nil {
			return openGroupsAt(placesOf(string(own), string(mounts)))
		}
	}
	g := newGroups()
	g.without(fmt.Errorf("control groups can't be found: %w", err))
	return g
}

func newGroups() groups {
	pid := os.Getpid()
	return groups{prefix: fmt.Sprintf("%s%d-%s-", groupPrefix, pid, startTime(pid)), serial: new(atomic.Uint64)}
}

// openGroupsAt prepares the folders of this process's own groups to have groups in them.
func openGroupsAt(p places) groups {
	g := newGroups()
	unified := fmt.Errorf("there are no control groups of version 2")
	if p.unified != "" {
		if unified = prepareUnified(p.unified, g.prefix); unified == nil {
			g.version, g.memory, g.processes = 2, p.unified, p.unified
			g.have.add(LayerMemory, "control groups of version 2 bound memory")
			g.have.add(LayerProcesses, "control groups of version 2 bound the number of processes")
			sweep(p.unified)
			return g
		}
	}
	if p.memory == "" && p.processes == "" {
		g.without(unified)
		return g
	}
	g.version = 1
	g.memory = g.hierarchy(LayerMemory, p.memory, "memory.limit_in_bytes", "control groups of version 1 bound memory")
	g.processes = g.hierarchy(LayerProcesses, p.processes, "pids.max", "control groups of version 1 bound the number of processes")
	return g
}

func (g *groups) without(why error) {
	g.have.lack(LayerMemory, why.Error())
	g.have.lack(LayerProcesses, why.Error())
}

// hierarchy returns folder if groups can be made in it, and notes the layer. Making one is the
// only way to know; file is one that each group has.
func (g *groups) hierarchy(layer, folder, file, note string) string {
	if folder == "" {
		g.have.lack(layer, "there is no control group for it")
		return ""
	}
	sweep(folder)
	trial := filepath.Join(folder, g.prefix+"0-trial")
	err := os.Mkdir(trial, 0o755)
	if err == nil {
		_, err = os.Stat(filepath.Join(trial, file))
		err = errors.Join(err, os.Remove(trial))
	}
	if err != nil {
		g.have.lack(layer, fmt.Sprintf("no control group can be made: %v", err))
		return ""
	}
	g.have.add(layer, note)
	return folder
}

func (g groups) layers() Layers { return g.have }

func (g groups) make(name string, limits Limits) (group, error) {
	made := group{version: g.version}
	name = g.prefix + strconv.FormatUint(g.serial.Add(1), 10) + "-" + name
	err := func() error {
		if g.memory != "" {
			made.memory = filepath.Join(g.memory, name)
			if err := os.Mkdir(made.memory, 0o755); err != nil {
				return err
			}
			if err := boundMemory(g.version, made.memory, limits.MemoryBytes); err != nil {
				return err
			}
		}
		if g.processes != "" {
			made.processes = filepath.Join(g.processes, name)
			if made.processes != made.memory {
				if err := os.Mkdir(made.processes, 0o755); err != nil {
					return err
				}
			}
			if limits.ProcessesMax > 0 {
				return set(made.processes, "pids.max", strconv.Itoa(limits.ProcessesMax))
			}
		}
		return nil
	}()
	if err == nil && g.version == 2 {
		made.folder, err = os.Open(made.memory)
	}
	if err != nil {
		return group{}, errors.Join(err, made.remove())
	}
	return made, nil
}

// boundMemory sets the bound of a new group. What a kernel is built without is no error: an old
// one has no account of swap, most have no swap in use.
func boundMemory(version int, folder string, bytes int64) error {
	if bytes == 0 {
		return nil
	}
	bound := strconv.FormatInt(bytes, 10)
	if version == 2 {
		if err := set(folder, "memory.max", bound); err != nil {
			return err
		}
		return errors.Join(setIfThere(folder, "memory.swap.max", "0"), setIfThere(folder, "memory.oom.group", "1"))
	}
	if err := set(folder, "memory.limit_in_bytes", bound); err != nil {
		return err
	}
	return errors.Join(setIfThere(folder, "memory.memsw.limit_in_bytes", bound), setIfThere(folder, "memory.swappiness", "0"))
}

func set(folder, file, value string) error {
	f, err := os.OpenFile(filepath.Join(folder, file), os.O_WRONLY, 0) // not created: these folders have the files that they have
	if err != nil {
		return err
	}
	_, err = f.WriteString(value)
	return errors.Join(err, f.Close())
}

func setIfThere(folder, file, value string) error {
	if err := set(folder, file, value); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// group is what New has made.
type group struct {
	version   int
	memory    string   // its folder; empty: none
	processes string   // likewise; with version 2 the same
	folder    *os.File // with version 2: to start a process in it
}

// folders lists each of its folders once.
func (g group) folders() []string {
	var list []string
	if g.memory != "" {
		list = append(list, g.memory)
	}
	if g.processes != "" && g.processes != g.memory {
		list = append(list, g.processes)
	}
	return list
}

func (g group) startIn(attr *syscall.SysProcAttr) {
	if g.folder != nil {
		attr.UseCgroupFD, attr.CgroupFD = true, int(g.folder.Fd())
	}
}

func (g group) add(pid int) error {
	for _, folder := range g.folders() {
		if err := set(folder, "cgroup.procs", strconv.Itoa(pid)); err != nil {
			return fmt.Errorf("move process %d: %w", pid, err)
		}
	}
	return nil
}

func (g group) oomKills() (int, error) {
	if g.memory == "" {
		return 0, nil
	}
	file := "memory.oom_control"
	if g.version == 2 {
		file = "memory.events"
	}
	text, err := os.ReadFile(filepath.Join(g.memory, file))
	if err != nil {
		return 0, err
	}
	return countOf(string(text), "oom_kill"), nil
}

// countOf returns the number behind a name, in lines of a name and a number; 0 if it isn't there.
func countOf(text, name string) int {
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) == 2 && fields[0] == name {
			n, _ := strconv.Atoi(fields[1])
			return n
		}
	}
	return 0
}

func (g group) peakBytes() (int64, error) {
	if g.memory == "" {
		return 0, nil
	}
	file := "memory.max_usage_in_bytes"
	if g.version == 2 {
		file = "memory.peak"
	}
	text, err := os.ReadFile(filepath.Join(g.memory, file))
	if errors.Is(err, fs.ErrNotExist) { // version 2 has it since Linux 5.19
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
}

// remove removes the folders. The kernel may hold on to a group for a moment after its last
// process was waited for.
func (g group) remove() error {
	var failed error
	for _, folder := range g.folders() {
		var err error
		for pause := time.Millisecond; pause < time.Second; pause *= 2 {
			if err = os.Remove(folder); !errors.Is(err, syscall.EBUSY) {
				break
			}
			time.Sleep(pause)
		}
		switch {
		case errors.Is(err, syscall.EBUSY):
			failed = errors.Join(failed, fmt.Errorf("%s: %w", folder, ErrBusy))
		case !errors.Is(err, fs.ErrNotExist):
			failed = errors.Join(failed, err)
		}
	}
	if failed == nil && g.folder != nil {
		g.folder.Close()
	}
	return failed
}
