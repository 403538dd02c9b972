package fence

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// places are the folders of this process's own control groups. Empty: there is none, or it can't
// be seen from here.
type places struct {
	unified           string // version 2
	memory, processes string // version 1
}

// placesOf finds them in /proc/self/cgroup and /proc/self/mountinfo.
//
// The one has a line "4:memory:/system.slice/x" for each hierarchy, with the path of the group
// as the hierarchy has it, and "0::/x" for version 2. The other says where a hierarchy, or a part
// of it as containers see it, is mounted:
//
//	29 24 0:26 /docker/ab /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
func placesOf(own, mounts string) places {
	var p places
	for line := range strings.Lines(own) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(fields) != 3 {
			continue
		}
		controllers := strings.Split(fields[1], ",")
		switch {
		case fields[0] == "0" && fields[1] == "":
			p.unified = folderOf(fields[2], "cgroup2", "", mounts)
		case slices.Contains(controllers, "memory"):
			p.memory = folderOf(fields[2], "cgroup", "memory", mounts)
		case slices.Contains(controllers, "pids"):
			p.processes = folderOf(fields[2], "cgroup", "pids", mounts)
		}
	}
	return p
}

// folderOf returns where a group's path is mounted, or "".
func folderOf(path, kind, controller, mounts string) string {
	for line := range strings.Lines(mounts) {
		left, right, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " - ")
		where, what := strings.Fields(left), strings.Fields(right)
		if !ok || len(where) < 5 || len(what) < 3 || what[0] != kind {
			continue
		}
		if controller != "" && !slices.Contains(strings.Split(what[2], ","), controller) {
			continue
		}
		root, mount := unescape(where[3]), unescape(where[4])
		if root == "/" {
			return filepath.Join(mount, path)
		}
		if beneath, ok := strings.CutPrefix(path+"/", strings.TrimSuffix(root, "/")+"/"); ok {
			return filepath.Join(mount, beneath)
		}
	}
	return ""
}

// unescape undoes what mountinfo does to white space: "\040" is a space.
func unescape(text string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(text)
}

// prepareUnified makes the group of version 2 at folder give its memory and processes to groups
// in it. A group that does so has no processes of its own: this process and its children move
// into one beneath it.
func prepareUnified(folder, prefix string) error {
	there, err := os.ReadFile(filepath.Join(folder, "cgroup.controllers"))
	if err != nil {
		return fmt.Errorf("this process's control group can't be read: %w", err)
	}
	for _, controller := range []string{"memory", "pids"} {
		if !slices.Contains(strings.Fields(string(there)), controller) {
			return fmt.Errorf("the control group %s has no controller for %s (systemd gives it with Delegate=yes)", folder, controller)
		}
	}
	if given(folder) {
		return nil
	}
	leaf := filepath.Join(folder, prefix+"0-own")
	if err := os.Mkdir(leaf, 0o755); err != nil {
		return fmt.Errorf("no control group can be made: %w", err)
	}
	if err := moveFamily(folder, leaf); err != nil {
		return errors.Join(err, os.Remove(leaf))
	}
	if err := set(folder, "cgroup.subtree_control", "+memory +pids"); err != nil {
		back := set(folder, "cgroup.procs", strconv.Itoa(os.Getpid()))
		return errors.Join(fmt.Errorf("the control group %s does not give to groups in it: %w", folder, err), back, os.Remove(leaf))
	}
	return nil
}

// given says whether groups in folder have memory and pids.
func given(folder string) bool {
	text, err := os.ReadFile(filepath.Join(folder, "cgroup.subtree_control"))
	names := strings.Fields(string(text))
	return err == nil && slices.Contains(names, "memory") && slices.Contains(names, "pids")
}

// moveFamily moves this process and its children from one group to another. Others in the group
// are not ours to move.
func moveFamily(from, to string) error {
	text, err := os.ReadFile(filepath.Join(from, "cgroup.procs"))
	if err != nil {
		return err
	}
	own := os.Getpid()
	var family []int
	for _, field := range strings.Fields(string(text)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			return fmt.Errorf("%s lists a process %q", from, field)
		}
		if pid != own && parentOf(pid) != own {
			return fmt.Errorf("the control group %s is shared with process %d: it has to be this one's alone", from, pid)
		}
		family = append(family, pid)
	}
	for _, pid := range family {
		if err := set(to, "cgroup.procs", strconv.Itoa(pid)); err != nil {
			return fmt.Errorf("move process %d: %w", pid, err)
		}
	}
	return nil
}

// sweep removes groups whose maker is gone. One that still has processes stays: they are about
// to die with their parent.
func sweep(folder string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, e := range entries {
		if maker, ok := strings.CutPrefix(e.Name(), groupPrefix); ok && e.IsDir() && gone(maker) {
			_ = os.Remove(filepath.Join(folder, e.Name())) // the next one to start tries again
		}
	}
}

// gone says whether the process that a group's name begins with, as "4711-190233-", has ended.
// What is not such a name was not made here.
func gone(name string) bool {
	parts := strings.SplitN(name, "-", 3)
	if len(parts) != 3 {
		return false
	}
	pid, err := strconv.Atoi(parts[0])
	if _, bad := strconv.ParseUint(parts[1], 10, 64); err != nil || bad != nil {
		return false
	}
	return startTime(pid) != parts[1]
}

// startTime returns when a process was started, in ticks since the machine was; "0" if there is
// no such process. Together with the number it names one process for good.
func startTime(pid int) string {
	if fields := stat(pid); len(fields) > 19 {
		return fields[19]
	}
	return "0"
}

// parentOf returns a process's parent, 0 if there is no such process.
func parentOf(pid int) int {
	fields := stat(pid)
	if len(fields) < 2 {
		return 0
	}
	parent, _ := strconv.Atoi(fields[1])
	return parent
}

// stat returns what the kernel says of a process, from its state on.
func stat(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	_, rest, _ := strings.Cut(string(text[strings.LastIndexByte(string(text), ')')+1:]), " ") // its name may have anything in it
	return strings.Fields(rest)
}
