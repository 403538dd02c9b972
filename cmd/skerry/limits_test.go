package main_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// exitsWithCode runs a command that must fail with a code, and returns its stderr.
func exitsWithCode(t *testing.T, want int, args ...string) string {
	t.Helper()
	cmd := exec.Command(binary, args...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != want {
		t.Errorf("skerry %s: %v, want exit code %d\n%s", strings.Join(args, " "), err, want, out)
	}
	return string(out)
}

// TestBundleTooLarge pushes 60 MB: the command refuses it before it is sent.
func TestBundleTooLarge(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	s.push(filepath.Join(example(t, "hello"), "hello.js"))
	dir := write(t, map[string]string{
		"index.js":    "import data from './large.bin'; export default { fetch: () => new Response(String(data.length)) }",
		"skerry.toml": "name = \"hello\"\nmain = \"index.js\"\n",
	})
	file, err := os.Create(filepath.Join(dir, "large.bin"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(file.Truncate(60<<20), file.Close()); err != nil {
		t.Fatal(err)
	}
	out := exitsWithCode(t, 4, "push", dir, "--node", "http://"+s.admin, "--data", s.data)
	if !strings.Contains(out, "50.0 MB") {
		t.Errorf("the error does not name the limit: %s", out)
	}
	if body := s.mustGet("hello", "/"); body == "" || s.liveVersion(t, "hello") != 1 {
		t.Error("the function that was there has changed")
	}
}

// TestDiskFull fills the disk under a node: pushes and KV fail with a name, what is there
// is served, and all is well when there is room again.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("SKIPPED: a small file system can only be mounted by root on Linux")
	}
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=96m"); err != nil {
		t.Skipf("SKIPPED: this machine does not let a tmpfs be mounted: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	s := &server{t: t, listen: freeAddress(t), admin: freeAddress(t), data: filepath.Join(disk, "data")}
	s.start()
	s.waitReady()
	s.push(filepath.Join(example(t, "hello"), "hello.js"))

	filler := filepath.Join(disk, "filler")
	fill(t, filler)
	large := write(t, map[string]string{"hello.js": "export default { fetch: () => new Response('" + strings.Repeat("x", 4<<20) + "') }"})
	out := exitsWithCode(t, 4, "push", filepath.Join(large, "hello.js"), "--node", "http://"+s.admin, "--data", s.data)
	if !strings.Contains(out, "no space left") {
		t.Errorf("the error does not say what is wrong: %s", out)
	}
	if body := s.mustGet("hello", "/"); strings.Contains(body, "xxx") || s.liveVersion(t, "hello") != 1 {
		t.Error("the function that was there has changed")
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if v := s.push(filepath.Join(large, "hello.js")); v != 2 {
		t.Errorf("when there is room again, the push made version %d", v)
	}
}

// fill writes until there is no space left.
func fill(t *testing.T, path string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for size := 1 << 20; size > 0; {
		_, err := file.Write(make([]byte, size))
		if errors.Is(err, syscall.ENOSPC) {
			size /= 4
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
