// Package family reads what a process and all that descend from it take of a machine: what
// the benchmarks tell of the servers that they load. It is for Linux.
package family

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Of returns a process and all that descend from it, by their process ids, the process first.
//
// Source: proc_pid_task(5), children
func Of(pid int) ([]int, error) {
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", all[i]))
		if err != nil {
			return nil, err
		}
		for _, list := range lists {
			text, err := os.ReadFile(list)
			if err != nil {
				continue // the thread has just ended
			}
			for _, field := range strings.Fields(string(text)) {
				child, err := strconv.Atoi(field)
				if err != nil {
					return nil, err
				}
				all = append(all, child)
			}
		}
	}
	return all, nil
}

// ticksPerSecond is the unit of CPU times in /proc, the same on all of Linux.
const ticksPerSecond = 100

// CPU returns the CPU time that a process and all that descend from it have used, in user
// space and in the kernel, in steps of 10 ms. A descendant that has just ended counts nothing.
//
// Source: proc_pid_stat(5), utime and stime
func CPU(pid int) (time.Duration, error) {
	all, err := Of(pid)
	if err != nil {
		return 0, err
	}
	ticks := 0
	for _, p := range all {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p))
		if errors.Is(err, os.ErrNotExist) && p != pid {
			continue
		}
		if err != nil {
			return 0, err
		}
		_, after, _ := strings.Cut(string(text), ") ") // what is before may have spaces
		for _, field := range strings.Fields(after)[11:13] {
			n, err := strconv.Atoi(field)
			if err != nil {
				return 0, err
			}
			ticks += n
		}
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond, nil
}

// Resident returns the memory that processes hold now, in bytes; each has its part of pages
// that several share.
//
// Source: proc_pid_smaps(5), smaps_rollup
func Resident(pids ...int) (int64, error) {
	sum := int64(0)
	for i, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil && i > 0 {
			continue // it has just ended
		}
		if err != nil {
			return 0, err
		}
		for line := range strings.Lines(string(text)) {
			if fields := strings.Fields(line); fields[0] == "Pss:" {
				kilobytes, err := strconv.ParseInt(fields[1], 10, 64)
				if err != nil {
					return 0, err
				}
				sum += kilobytes << 10
			}
		}
	}
	return sum, nil
}
