package bolt_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/bolt"
)

const (
	crashChildEnv  = "SKERRY_BOLT_CRASH_CHILD"  // makes the test binary the child; its value is the file
	crashCyclesEnv = "SKERRY_CRASH_CYCLES"      // how often TestCrash kills; 20 if unset
	crashNamespace = "SKERRY_BOLT_CRASH_CYCLES" // tells the child its namespace

	crashWriters = 8
	crashKeys    = 16 // of each writer
)

// crashChild writes until it is killed. Each writer goes through the same calls every
// time, and says "writer number" on standard output when a call has returned nil.
func crashChild(path string) {
	s, err := bolt.Open(bolt.Config{Path: path, SweepInterval: time.Millisecond})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	ns := os.Getenv(crashNamespace)
	ctx := context.Background()
	var wg sync.WaitGroup
	for w := range crashWriters {
		wg.Go(func() {
			versions := make(map[string]kv.Version)
			for n := 1; ; n++ {
				c := crashCallOf(w, n)
				var err error
				switch c.kind {
				case "delete":
					err = s.Delete(ctx, ns, c.key)
					versions[c.key] = ""
				case "swap":
					versions[c.key], err = s.Swap(ctx, ns, c.key, versions[c.key], kv.Entry{Value: []byte(c.value)})
				case "count":
					_, err = s.Add(ctx, ns, c.key, 1)
				default:
					versions[c.key], err = s.Put(ctx, ns, c.key, kv.Entry{Value: []byte(c.value), ExpiresAt: time.Now().Add(time.Hour)})
					if err == nil {
						_, err = s.Put(ctx, ns, "expires/"+c.key, kv.Entry{ExpiresAt: time.Now().Add(time.Millisecond)}) // work for the sweeper
					}
				}
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				os.Stdout.WriteString(fmt.Sprintln(w, n))
			}
		})
	}
	wg.Wait()
}

// crashCall is the call that writer w makes as its n-th.
type crashCall struct{ kind, key, value string }

func crashCallOf(w, n int) crashCall {
	c := crashCall{kind: "put", key: fmt.Sprintf("%d/%d", w, n%crashKeys), value: strconv.Itoa(n)}
	switch {
	case n%5 == 4:
		c.kind = "delete"
	case n%5 == 3:
		c.kind = "swap"
	case n%5 == 2:
		c.kind, c.key = "count", fmt.Sprintf("%d/count", w)
	}
	return c
}

// TestCrash kills a process that writes, at any moment, and looks for what it had
// acknowledged. SKERRY_CRASH_CYCLES is how often.
func TestCrash(t *testing.T) {
	t.Parallel()
	cycles := 20
	if s := os.Getenv(crashCyclesEnv); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			t.Fatalf("%s is %q, not a number of cycles", crashCyclesEnv, s)
		}
		cycles = n
	}
	path := filepath.Join(t.TempDir(), "kv.db")
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	acked := make([][crashWriters]int, cycles)
	total := 0
	for cycle := range cycles {
		acked[cycle] = crash(t, path, cycle, cycle%2 == 0, time.Duration(random.IntN(100))*time.Millisecond)
		for _, n := range acked[cycle] {
			total += n
		}
		s, err := bolt.Open(bolt.Config{Path: path})
		if err != nil {
			t.Fatalf("cycle %d: the file does not open after the crash: %v", cycle, err)
		}
		last := cycle
		if cycle == cycles-1 {
			last = 0 // at the end, what all cycles left is still there
		}
		for c := last; c <= cycle; c++ {
			for w := range crashWriters {
				checkWriter(t, s, c, w, acked[c][w])
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if total == 0 {
		t.Error("nothing was acknowledged: the test does nothing")
	}
	t.Logf("%d crashes, %d acknowledged writes", cycles, total)
}

// crash runs a child, kills it a while after its start or after its first acknowledgement,
// and returns the number of the last call that each writer had acknowledged.
func crash(t *testing.T, path string, cycle int, atStart bool, after time.Duration) (acked [crashWriters]int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashChildEnv+"="+path, crashNamespace+"="+crashNS(cycle))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := func() { _ = cmd.Process.Kill() }
	if atStart {
		time.AfterFunc(after, kill)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if !atStart && acked == [crashWriters]int{} {
			time.AfterFunc(after, kill)
		}
		var w, n int
		if _, err := fmt.Sscan(lines.Text(), &w, &n); err == nil {
			acked[w] = n
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.Exited() {
		t.Fatalf("cycle %d: the child ended by itself: %v", cycle, err)
	}
	return acked
}

func crashNS(cycle int) string { return fmt.Sprint("cycle ", cycle) }

// checkWriter expects the state that a writer left after its acknowledged calls, or that
// after one more, which may have taken effect without a word.
func checkWriter(t *testing.T, s *bolt.Store, cycle, w, acked int) {
	t.Helper()
	got := make(map[string]string)
	for _, key := range crashKeysOf(w) {
		e, err := s.Get(t.Context(), crashNS(cycle), key)
		switch {
		case err == nil:
			got[key] = string(e.Value)
		case !errors.Is(err, kv.ErrNotFound):
			t.Fatalf("cycle %d: Get(%q): %v", cycle, key, err)
		}
	}
	want, next := crashState(w, acked), crashState(w, acked+1)
	for _, key := range crashKeysOf(w) {
		if got[key] != want[key] && got[key] != next[key] {
			t.Errorf("cycle %d: after %d acknowledged calls of writer %d, key %q holds %q; want %q, or %q", cycle, acked, w, key, got[key], want[key], next[key])
		}
	}
}

func crashKeysOf(w int) []string {
	keys := []string{fmt.Sprintf("%d/count", w)}
	for i := range crashKeys {
		keys = append(keys, fmt.Sprintf("%d/%d", w, i))
	}
	return keys
}

// crashState returns what the keys of writer w hold after its first n calls.
func crashState(w, n int) map[string]string {
	state := make(map[string]string)
	count := 0
	for i := 1; i <= n; i++ {
		c := crashCallOf(w, i)
		switch c.kind {
		case "delete":
			delete(state, c.key)
		case "count":
			count++
			state[c.key] = strconv.Itoa(count)
		default:
			state[c.key] = c.value
		}
	}
	return state
}
