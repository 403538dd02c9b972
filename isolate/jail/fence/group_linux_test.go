package fence_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/isolate/jail/fence"
)

func TestGroups(t *testing.T) {
	t.Parallel()
	groups := fence.OpenGroups()
	for _, layer := range groups.Layers() {
		if layer.Note == "" {
			t.Errorf("%s says nothing", layer.Name)
		}
	}
	// Two of one name are two, also where there is nothing to make them of.
	for range 2 {
		group, err := groups.New("../é/shop", fence.Limits{MemoryBytes: 64 << 20, ProcessesMax: 32})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := group.Close(); err != nil {
				t.Error(err)
			}
			if err := group.Close(); err != nil {
				t.Errorf("again: %v", err)
			}
		}()
		if n, err := group.OOMKills(); n != 0 || err != nil {
			t.Errorf("%d kills, %v", n, err)
		}
	}
	for _, limits := range []fence.Limits{{MemoryBytes: -1}, {ProcessesMax: -1}} {
		if _, err := groups.New("x", limits); err == nil {
			t.Errorf("%+v is taken", limits)
		}
	}
}

func TestGroupBoundsProcesses(t *testing.T) {
	t.Parallel()
	groups := fence.OpenGroups()
	if !groups.Layers().InForce(fence.LayerProcesses) {
		t.Skipf("SKIP: %s", groups.Layers())
	}
	group, err := groups.New("few", fence.Limits{ProcessesMax: 16})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := group.Close(); err != nil {
			t.Error(err)
		}
	})
	c := start(t, "threads", task{Fenced: true}, func(cmd *exec.Cmd) { group.StartIn(cmd.SysProcAttr) })
	if err := group.Add(c.cmd.Process.Pid); err != nil {
		t.Fatal(err)
	}
	c.send(40)
	state, text := c.wait(), c.stderr.String()
	if state.ExitCode() != 2 || !strings.Contains(text, "failed to create new OS thread") && !strings.Contains(text, "pthread_create failed") {
		t.Errorf("the child ended with %v\n%s", state, text)
	}
}

// The child is told apart from others by its parent, which the group's folder names.
func TestGroupNames(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/cgroup"); err != nil {
		t.Skipf("SKIP: %v", err)
	}
	groups := fence.OpenGroups()
	if !groups.Layers().InForce(fence.LayerMemory) {
		t.Skipf("SKIP: %s", groups.Layers())
	}
	group, err := groups.New("named", fence.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { group.Close() })
	c := start(t, "answer", task{}, func(cmd *exec.Cmd) { group.StartIn(cmd.SysProcAttr) })
	if err := group.Add(c.cmd.Process.Pid); err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile(proc(c.cmd.Process.Pid, "cgroup"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(own), "/skerry-") || !strings.Contains(string(own), "-named") {
		t.Errorf("the child is in\n%s", own)
	}
}
