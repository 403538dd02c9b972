package supervise

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
)

// residentBytes is how much memory a process has in RAM, files and shared pages included.
func residentBytes(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, err
	}
	return parseResident(text, int64(os.Getpagesize()))
}

// parseResident reads the second field of statm, which counts pages.
func parseResident(statm []byte, pageBytes int64) (int64, error) {
	fields := bytes.Fields(statm)
	if len(fields) < 2 {
		return 0, fmt.Errorf("statm %q", statm)
	}
	pages, err := strconv.ParseUint(string(fields[1]), 10, 40) // 4 PB of small pages
	return int64(pages) * pageBytes, err
}

// memoryKills is how many processes of this machine the kernel has killed for want of
// memory, in a cgroup or at large.
func memoryKills() (uint64, error) {
	text, err := os.ReadFile("/proc/vmstat")
	if err != nil {
		return 0, err
	}
	return parseMemoryKills(text)
}

func parseMemoryKills(vmstat []byte) (uint64, error) {
	for line := range bytes.Lines(vmstat) {
		if n, ok := bytes.CutPrefix(line, []byte("oom_kill ")); ok {
			return strconv.ParseUint(string(bytes.TrimSpace(n)), 10, 64)
		}
	}
	return 0, errors.New("vmstat doesn't count kills")
}
