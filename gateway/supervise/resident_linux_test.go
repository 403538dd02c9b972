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
