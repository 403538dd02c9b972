package store_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/store"
	"github.com/skerry-edge/skerry/bundles/store/storetest"
)

func openLocal(t *testing.T, dir string) *store.Local {
	t.Helper()
	l, err := store.OpenLocal(dir)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// blobPath is where a Local in dir keeps d.
func blobPath(dir string, d bundles.Digest) string {
	return filepath.Join(dir, "sha256", string(d[:2]), string(d[2:]))
}

// age makes the file at path look as if it was written so long ago.
func age(t *testing.T, path string, by time.Duration) {
	t.Helper()
	then := time.Now().Add(-by)
	if err := os.Chtimes(path, then, then); err != nil {
		t.Fatal(err)
	}
}

func TestLocal(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) store.Store { return openLocal(t, t.TempDir()) })
}

func TestLocalDamage(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		damage func(path string, data []byte) error
	}{
		{"a flipped bit", func(path string, data []byte) error {
			data[len(data)/2] ^= 4
			return os.WriteFile(path, data, 0o600)
		}},
		{"a cut file", func(path string, data []byte) error { return os.Truncate(path, int64(len(data)-1)) }},
		{"an emptied file", func(path string, _ []byte) error { return os.Truncate(path, 0) }},
		{"a file with something added", func(path string, data []byte) error {
			return os.WriteFile(path, append(data, 'x'), 0o600)
		}},
		{"a file larger than any bundle", func(path string, _ []byte) error {
			return os.Truncate(path, bundles.EncodedBytesMax+1)
		}},
	} {
		t.Run(tc.name+" is found out, set aside and mended", func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			l := openLocal(t, dir)
			d, data := storetest.Data(1, 10_000)
			if err := l.Put(t.Context(), d, data); err != nil {
				t.Fatal(err)
			}
			if err := tc.damage(blobPath(dir, d), bytes.Clone(data)); err != nil {
				t.Fatal(err)
			}
			if _, err := l.Get(t.Context(), d); !errors.Is(err, store.ErrCorrupt) {
				t.Fatalf("get of the damaged file: %v, want ErrCorrupt", err)
			}
			if _, err := os.Stat(filepath.Join(dir, "corrupt", string(d))); err != nil {
				t.Errorf("set aside: %v", err)
			}
			if _, err := l.Get(t.Context(), d); !errors.Is(err, store.ErrNotFound) {
				t.Fatalf("second get: %v, want ErrNotFound", err)
			}
			if err := l.Put(t.Context(), d, data); err != nil {
				t.Fatal(err)
			}
			if got, err := l.Get(t.Context(), d); err != nil || !bytes.Equal(got, data) {
				t.Fatalf("get of the mended file: %v", err)
			}
		})
	}
}

func TestLocalPutMendsDamageThatNobodyHasNoticed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := openLocal(t, dir)
	d, data := storetest.Data(1, 1000)
	for range 2 {
		if err := l.Put(t.Context(), d, data); err != nil {
			t.Fatal(err)
		}
		if got, err := l.Get(t.Context(), d); err != nil || !bytes.Equal(got, data) {
			t.Fatalf("get: %v", err)
		}
		if err := os.Truncate(blobPath(dir, d), 5); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLocalOpenClearsUnfinishedFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, data := storetest.Data(1, 1000)
	if err := openLocal(t, dir).Put(t.Context(), d, data); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(dir, "tmp", string(d)+".123.tmp")
	if err := os.WriteFile(left, data[:10], 0o600); err != nil {
		t.Fatal(err)
	}
	l := openLocal(t, dir)
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("unfinished file after open: %v, want none", err)
	}
	if got, err := l.Get(t.Context(), d); err != nil || !bytes.Equal(got, data) {
		t.Errorf("get after open again: %v", err)
	}
}

func TestLocalOpenWhereNoDirectoryCanBe(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.OpenLocal(file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("open over a file: %v, want an error that names it", err)
	}
}

func TestLocalSweepGoesByAge(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := openLocal(t, dir)
	old, oldData := storetest.Data(1, 100)
	renewed, renewedData := storetest.Data(2, 100)
	damaged, damagedData := storetest.Data(3, 100)
	for d, data := range map[bundles.Digest][]byte{old: oldData, renewed: renewedData, damaged: damagedData} {
		if err := l.Put(t.Context(), d, data); err != nil {
			t.Fatal(err)
		}
		age(t, blobPath(dir, d), 2*time.Hour)
	}
	if err := l.Put(t.Context(), renewed, renewedData); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(blobPath(dir, damaged), 5); err != nil {
		t.Fatal(err)
	}
	age(t, blobPath(dir, damaged), 2*time.Hour)
	if _, err := l.Get(t.Context(), damaged); !errors.Is(err, store.ErrCorrupt) {
		t.Fatal(err)
	}
	foreign := filepath.Join(dir, "sha256", "README")
	if err := os.WriteFile(foreign, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	age(t, foreign, 2*time.Hour)

	sweep := func() store.Swept {
		swept, err := l.Sweep(t.Context(), func(bundles.Digest) bool { return false }, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return swept
	}
	if got, want := sweep(), (store.Swept{Bundles: 1, Bytes: 100}); got != want {
		t.Errorf("swept %+v, want %+v", got, want)
	}
	if _, err := l.Get(t.Context(), old); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("old bundle after sweep: %v", err)
	}
	if _, err := l.Get(t.Context(), renewed); err != nil {
		t.Errorf("renewed bundle after sweep: %v", err)
	}
	aside := filepath.Join(dir, "corrupt", string(damaged))
	if _, err := os.Stat(aside); err != nil {
		t.Errorf("a file set aside just now is gone: %v", err)
	}
	age(t, aside, 2*time.Hour)
	sweep()
	if _, err := os.Stat(aside); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file set aside long ago is still there: %v", err)
	}
	if _, err := os.Stat(foreign); err != nil {
		t.Errorf("a file that is no bundle was removed: %v", err)
	}
}

// writerDir, in the environment of this test binary, makes TestLocalWriter the process
// that TestLocalSurvivesKill kills.
const writerDir = "STORE_TEST_WRITER_DIR"

// TestLocalWriter puts bundles for as long as it lives, and says on stdout which ones
// were acknowledged.
func TestLocalWriter(t *testing.T) {
	dir := os.Getenv(writerDir)
	if dir == "" {
		return // not the child
	}
	l := openLocal(t, dir)
	fmt.Println("ready")
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := 0; ; i++ {
				seed := uint64(os.Getpid())<<32 | uint64(w)<<16 | uint64(i)
				d, data := storetest.Data(seed, 20_000)
				if err := l.Put(t.Context(), d, data); err != nil {
					t.Error(err)
					return
				}
				fmt.Printf("%s %d\n", d, seed)
			}
		})
	}
	writers.Wait()
}

// TestLocalSurvivesKill kills a writing process at some moment, again and again: every
// bundle that was acknowledged is there, whole, and nothing unfinished stays.
func TestLocalSurvivesKill(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("SKIPPED: kills a process 15 times")
	}
	dir := t.TempDir()
	all := make(map[bundles.Digest]uint64)
	check := func(l *store.Local, acknowledged map[bundles.Digest]uint64) {
		for d, seed := range acknowledged {
			_, want := storetest.Data(seed, 20_000)
			if got, err := l.Get(t.Context(), d); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("acknowledged bundle %s: %v", d, err)
			}
		}
	}
	for cycle := range 15 {
		acknowledged := killWriter(t, dir, time.Duration(cycle)*3*time.Millisecond)
		l := openLocal(t, dir)
		check(l, acknowledged)
		maps.Copy(all, acknowledged)
		if left, err := os.ReadDir(filepath.Join(dir, "tmp")); err != nil || len(left) > 0 {
			t.Fatalf("cycle %d: unfinished files after open: %v, %v", cycle, left, err)
		}
	}
	check(openLocal(t, dir), all)
	if len(all) < 15 {
		t.Errorf("only %d bundles were acknowledged: the test shows nothing", len(all))
	}
}

// killWriter runs a writer until some time after it is ready, and returns what it has
// acknowledged: the seeds of bundles.
func killWriter(t *testing.T, dir string, after time.Duration) map[bundles.Digest]uint64 {
	t.Helper()
	acknowledged := make(map[bundles.Digest]uint64)
	writer := exec.Command(os.Args[0], "-test.run=^TestLocalWriter$", "-test.timeout=1m")
	writer.Env = append(os.Environ(), writerDir+"="+dir)
	stdout, err := writer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := writer.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() || lines.Text() != "ready" {
		t.Fatalf("writer says %q", lines.Text())
	}
	kill := time.AfterFunc(after, func() { _ = writer.Process.Kill() })
	defer kill.Stop()
	for lines.Scan() {
		var d bundles.Digest
		var seed uint64
		// A line that the kill has cut acknowledges nothing.
		if n, _ := fmt.Sscanf(lines.Text(), "%64s %d", &d, &seed); n == 2 && len(d) == 64 && seedOf(d, seed) {
			acknowledged[d] = seed
		}
	}
	_ = writer.Wait() // killed, as intended
	return acknowledged
}

// seedOf reports whether d is what seed gives: a cut line may end within the number.
func seedOf(d bundles.Digest, seed uint64) bool {
	got, _ := storetest.Data(seed, 20_000)
	return got == d
}
