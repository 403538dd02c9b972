package supervise

import (
	"bytes"
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
