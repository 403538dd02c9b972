package fence

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestPlacesOf(t *testing.T) {
	t.Parallel()
	const (
		v1 = `30 29 0:27 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory
31 29 0:28 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
32 29 0:29 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`
		v2 = "29 24 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
	)
	for _, tc := range []struct {
		name, own, mounts string
		want              places
	}{
		{"version 1 alone", "4:memory:/a\n8:pids:/\n1:cpu,cpuacct:/b\n", v1, places{memory: "/sys/fs/cgroup/memory/a", processes: "/sys/fs/cgroup/pids"}},
		{"both versions", "4:memory:/a\n0::/c\n", v1, places{unified: "/sys/fs/cgroup/unified/c", memory: "/sys/fs/cgroup/memory/a"}},
		{"version 2", "0::/system.slice/skerry.service\n", v2, places{unified: "/sys/fs/cgroup/system.slice/skerry.service"}},
		{"a container that sees its part", "0::/docker/ab/x\n", "29 24 0:26 /docker/ab /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", places{unified: "/sys/fs/cgroup/x"}},
		{"a container that sees another part", "0::/docker/abc\n", "29 24 0:26 /docker/ab /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", places{}},
		{"a path with a colon", "0::/a:b\n", v2, places{unified: "/sys/fs/cgroup/a:b"}},
		{"a mount with a space", "0::/\n", `29 24 0:26 / /with\040space rw - cgroup2 cgroup2 rw`, places{unified: "/with space"}},
		{"nothing mounted", "4:memory:/a\n0::/\n", "", places{}},
		{"nonsense", "x\n4:memory\n", "x\n1 2 - \n - cgroup2\n", places{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := placesOf(tc.own, tc.mounts); got != tc.want {
				t.Errorf("\n got %+v\nwant %+v", got, tc.want)
			}
		})
	}
}

func FuzzPlacesOf(f *testing.F) {
	f.Add("4:memory:/a\n0::/b\n", "30 29 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n")
	f.Add("0::/../..", `1 1 1 /\040 / rw - cgroup2 x y`)
	f.Fuzz(func(t *testing.T, own, mounts string) {
		p := placesOf(own, mounts)
		if p != (places{}) && (own == "" || mounts == "") {
			t.Errorf("%+v out of nothing", p)
		}
	})
}

func TestGone(t *testing.T) {
	t.Parallel()
	pid := os.Getpid()
	own := strconv.Itoa(pid)
	started := startTime(pid)
	for _, tc := range []struct {
		name, group string
		want        bool
	}{
		{"its maker lives", own + "-" + started + "-1-x", false},
		{"another process has the number now", own + "-1-1-x", true},
		{"no process has the number", "99999999-1-1-x", true},
		{"not a name of ours", "run-x", false},
		{"not a name of ours, with a number", "12-x-y", false},
		{"no name at all", "", false},
	} {
		if got := gone(tc.group); got != tc.want {
			t.Errorf("%s: gone(%q) = %v", tc.name, tc.group, got)
		}
	}
	if started == "0" {
		t.Error("this process has no start time")
	}
	if parent := parentOf(pid); parent != os.Getppid() {
		t.Errorf("parent %d, want %d", parent, os.Getppid())
	}
}

// What a killed predecessor has left behind is removed; what others have is not.
func TestSweep(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	own := newGroups().prefix
	stay := []string{own + "1-x", "else", groupPrefix + "else"}
	for _, name := range append(stay, groupPrefix+"99999999-1-1-x", groupPrefix+strconv.Itoa(os.Getpid())+"-1-2-y") {
		if err := os.Mkdir(filepath.Join(folder, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	sweep(folder)
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(stay) {
		t.Errorf("there are %v, want %q", entries, stay)
	}
	sweep(filepath.Join(folder, "absent"))
}

// write makes a folder look like a control group.
func write(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Each way in which version 2 can be out of reach says why, and leaves nothing behind.
func TestUnifiedOutOfReach(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"no control group", nil, "can't be read"},
		{"no controllers", map[string]string{"cgroup.controllers": "cpu"}, "no controller for memory"},
		{"one controller", map[string]string{"cgroup.controllers": "cpu memory"}, "no controller for pids"},
		{"shared with another", map[string]string{"cgroup.controllers": "memory pids", "cgroup.procs": "1\n"}, "shared with process 1"},
		{"strange processes", map[string]string{"cgroup.controllers": "memory pids", "cgroup.procs": "x\n"}, `lists a process "x"`},
		{"nobody can be moved", map[string]string{"cgroup.controllers": "memory pids", "cgroup.procs": strconv.Itoa(os.Getpid())}, "move process"},
		{"nothing is given", map[string]string{"cgroup.controllers": "memory pids", "cgroup.procs": ""}, "does not give"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			write(t, folder, tc.files)
			g := openGroupsAt(places{unified: folder})
			missing := g.layers().Missing()
			if len(missing) != 2 || !strings.Contains(missing[0].Note, tc.want) {
				t.Errorf("missing: %s", missing)
			}
			if made, err := g.make("x", Limits{MemoryBytes: 1}); err != nil || made.folders() != nil {
				t.Errorf("a group without control groups: %+v, %v", made, err)
			}
			entries, err := os.ReadDir(folder)
			if err != nil || len(entries) != len(tc.files) {
				t.Errorf("left behind: %v (%v)", entries, err)
			}
		})
	}
}

// A group that can't be bounded as asked is not made.
func TestGroupThatTakesNoBounds(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write(t, folder, map[string]string{"cgroup.controllers": "memory pids", "cgroup.subtree_control": "memory pids"})
	g := openGroupsAt(places{unified: folder})
	if g.version != 2 || g.layers().Missing() != nil {
		t.Fatalf("version %d, missing: %s", g.version, g.layers().Missing())
	}
	if _, err := g.make("x", Limits{MemoryBytes: 1 << 20}); err == nil { // these folders have no memory.max
		t.Error("a group is made")
	}
	if left, err := filepath.Glob(filepath.Join(folder, groupPrefix+"*")); err != nil || left != nil {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

func TestBoundMemoryOfVersion2(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write(t, folder, map[string]string{"memory.max": "", "memory.swap.max": "", "memory.events": "low 1\noom 3\noom_kill 2\n", "memory.peak": "4096\n"})
	if err := boundMemory(2, folder, 1<<20); err != nil { // an old kernel: no memory.oom.group
		t.Fatal(err)
	}
	for name, want := range map[string]string{"memory.max": "1048576", "memory.swap.max": "0"} {
		if got, err := os.ReadFile(filepath.Join(folder, name)); string(got) != want || err != nil {
			t.Errorf("%s is %q, want %q (%v)", name, got, want, err)
		}
	}
	g := group{version: 2, memory: folder, processes: folder}
	if n, err := g.oomKills(); n != 2 || err != nil {
		t.Errorf("%d kills, want 2 (%v)", n, err)
	}
	if n, err := g.peakBytes(); n != 4096 || err != nil {
		t.Errorf("peak %d, want 4096 (%v)", n, err)
	}
}

// A child begins in its group of version 2, before it has allocated anything.
func TestStartIn(t *testing.T) {
	t.Parallel()
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		t.Skipf("SKIP: %v", err)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Skipf("SKIP: %v", err)
	}
	g := newGroups()
	g.version, g.memory = 2, placesOf(string(own), string(mounts)).unified
	g.processes = g.memory
	if g.memory == "" {
		t.Skip("SKIP: no hierarchy of version 2 is mounted")
	}
	made, err := g.make("start", Limits{})
	if errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EROFS) || errors.Is(err, syscall.EPERM) {
		t.Skipf("SKIP: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("cat", "/proc/self/cgroup")
	cmd.SysProcAttr = new(syscall.SysProcAttr)
	made.startIn(cmd.SysProcAttr)
	out, err := cmd.Output()
	if want := "/" + filepath.Base(made.memory) + "\n"; err != nil || !strings.Contains(string(out), want) {
		t.Errorf("the child is in\n%swant %s (%v)", out, want, err)
	}
	if err := made.remove(); err != nil {
		t.Error(err)
	}
}
