package supervise

import (
	"os"
	"testing"
)

func TestResidentBytes(t *testing.T) {
	t.Parallel()
	if n, err := residentBytes(os.Getpid()); err != nil || n < 1<<20 || n > 1<<34 {
		t.Errorf("this process has %d bytes, %v", n, err)
	}
	if _, err := residentBytes(-1); err == nil {
		t.Error("process -1 has memory")
	}
}

func FuzzParseResident(f *testing.F) {
	f.Add([]byte("300000 4096 900 1 0 2000 0\n"))
	f.Add([]byte("1 -5"))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, statm []byte) {
		n, err := parseResident(statm, 4096)
		if err == nil && n < 0 {
			t.Errorf("%q: %d bytes", statm, n)
		}
	})
}

func TestMemoryKills(t *testing.T) {
	t.Parallel()
	if _, err := memoryKills(); err != nil {
		t.Skip("this kernel doesn't count kills for memory: ", err)
	}
	for _, tc := range []struct {
		name, vmstat string
		want         uint64
		ok           bool
	}{
		{"a line among others", "nr_free_pages 1\noom_kill 3\nnuma_hit 9\n", 3, true},
		{"the last line", "oom_kill 12", 12, true},
		{"a kernel that doesn't count", "nr_free_pages 1\n", 0, false},
		{"a word that begins alike", "oom_kill_all 3\n", 0, false},
		{"no number", "oom_kill x\n", 0, false},
	} {
		if got, err := parseMemoryKills([]byte(tc.vmstat)); got != tc.want || (err == nil) != tc.ok {
			t.Errorf("%s: %d, %v, want %d", tc.name, got, err, tc.want)
		}
	}
}
