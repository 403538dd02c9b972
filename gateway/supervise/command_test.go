package supervise

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"
)

func TestEnvironment(t *testing.T) {
	t.Parallel()
	legacy := fmt.Sprintf(`SKERRY_INHERIT={"parent":%d,"files":["listen http :80","a \"b\""]}`, os.Getpid())
	files := []File{{Name: "listen http :80"}, {Name: `a "b"`}}
	for _, tc := range []struct {
		name string
		env  []string
		keep []string
		want []string
	}{
		{"empty is empty", []string{}, nil, []string{legacy}},
		{"the later of two counts", []string{"A=1", "B=2", "A=3"}, nil, []string{legacy, "A=3", "B=2"}},
		{"what was ours is not the child's", []string{"SKERRY_INHERIT={}", "LISTEN_FDS=2", "LISTEN_PID=1", "NOTIFY_SOCKET=/x", "WATCHDOG_USEC=1", "A=1"}, nil, []string{legacy, "A=1"}},
		{"a successor is told where systemd listens", []string{"NOTIFY_SOCKET=/x", "LISTEN_FDS=2"}, []string{"NOTIFY_SOCKET"}, []string{legacy, "NOTIFY_SOCKET=/x"}},
	} {
		got, err := environment(tc.env, files, tc.keep...)
		if err != nil || !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, %v, want %q", tc.name, got, err, tc.want)
		}
	}
	if got, err := environment(nil, nil); err != nil || len(got) < 2 {
		t.Errorf("nil is ours: %q, %v", got, err)
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for n, want := range map[int]time.Duration{0: 100 * ms, 1: 100 * ms, 2: 200 * ms, 3: 400 * ms, 9: 25600 * ms, 10: 30000 * ms, 1000: 30000 * ms} {
		if got := backoff(100*ms, 30*time.Second, n); got != want {
			t.Errorf("after failure %d: %v, want %v", n, got, want)
		}
	}
	if got := backoff(time.Minute, time.Second, 1); got != time.Second {
		t.Errorf("with a least above the most: %v, want the most", got)
	}
}
