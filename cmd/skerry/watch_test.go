package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

// watched is a folder that is watched.
type watched struct {
	t    *testing.T
	root string
	w    *watcher
}

func watchFolder(t *testing.T, folders ...string) *watched {
	t.Helper()
	root := t.TempDir()
	for _, f := range folders {
		if err := os.MkdirAll(filepath.Join(root, f), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	w, err := watch(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return &watched{t, root, w}
}

func (f *watched) write(name string) {
	f.t.Helper()
	path := filepath.Join(f.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(name), 0o644); err != nil {
		f.t.Fatal(err)
	}
}

// noticed fails unless a change is told of, and says when it was seen.
func (f *watched) noticed(what string) {
	f.t.Helper()
	select {
	case at := <-f.w.C:
		if since := time.Since(at); since < 0 || since > time.Minute {
			f.t.Errorf("%s was seen %v ago", what, since)
		}
	case <-time.After(20 * time.Second): // nothing waits for it when all is well
		f.t.Fatalf("%s was not noticed", what)
	}
}

// settled takes what is left of a burst that was noticed early: a change that is made when
// it returns is one of its own.
func (f *watched) settled() {
	f.t.Helper()
	f.write("marker")
	f.noticed("the marker")
	for {
		select {
		case <-f.w.C:
		case <-time.After(20 * settle):
			return
		}
	}
}

func TestWatchNoticesChanges(t *testing.T) {
	t.Parallel()
	f := watchFolder(t, "src/deep")
	f.write("index.ts")
	f.noticed("a new file")
	f.settled()
	f.write("src/deep/a.ts")
	f.noticed("a file in a folder that was there")
	f.settled()
	if err := os.Rename(filepath.Join(f.root, "src/deep/a.ts"), filepath.Join(f.root, "src/deep/b.ts")); err != nil {
		t.Fatal(err)
	}
	f.noticed("a file's new name")
	f.settled()
	if err := os.Remove(filepath.Join(f.root, "src/deep/b.ts")); err != nil {
		t.Fatal(err)
	}
	f.noticed("a file that is gone")
}

func TestWatchFollowsNewFolders(t *testing.T) {
	t.Parallel()
	f := watchFolder(t)
	if err := os.MkdirAll(filepath.Join(f.root, "a/b/c"), 0o755); err != nil {
		t.Fatal(err)
	}
	f.noticed("new folders")
	f.settled()
	f.write("a/b/c/deep.ts")
	f.noticed("a file in the deepest of them")
	f.settled()
	if err := os.Rename(filepath.Join(f.root, "a/b"), filepath.Join(f.root, "b")); err != nil {
		t.Fatal(err)
	}
	f.noticed("a folder that moved")
	f.settled()
	f.write("b/c/deep.ts")
	f.noticed("a file in the folder that moved")
}

// TestWatchTellsOfAFolderWhenItIsFollowed writes into a new folder as soon as it is told of,
// as an editor does while the project is built.
func TestWatchTellsOfAFolderWhenItIsFollowed(t *testing.T) {
	t.Parallel()
	f := watchFolder(t)
	for _, dir := range []string{"a", "a/a", "a/a/a", "b"} {
		if err := os.Mkdir(filepath.Join(f.root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
		f.noticed(dir)
		f.write(dir + "/index.ts")
		f.noticed(dir + "/index.ts")
		f.settled()
	}
}

func TestWatchLeavesOutWhatIsNoSource(t *testing.T) {
	t.Parallel()
	f := watchFolder(t, "node_modules/hono", ".skerry", "src/node_modules/x", "src")
	watching := f.w.notify.WatchList()
	if len(watching) != 2 {
		t.Errorf("it watches %v, want the folder and src alone", watching)
	}
	f.write("src/.hidden/x.ts")
	f.write("node_modules/new/index.js")
	f.settled()
	if now := f.w.notify.WatchList(); len(now) != 2 {
		t.Errorf("later it watches %v", now)
	}
	for _, tc := range []struct {
		event fsnotify.Event
		want  bool
	}{
		{fsnotify.Event{Name: "/p/a.ts", Op: fsnotify.Write}, true},
		{fsnotify.Event{Name: "/p/a.ts", Op: fsnotify.Create}, true},
		{fsnotify.Event{Name: "/p/a.ts", Op: fsnotify.Remove}, true},
		{fsnotify.Event{Name: "/p/a.ts", Op: fsnotify.Rename}, true},
		{fsnotify.Event{Name: "/p/skerry.toml", Op: fsnotify.Write}, true},
		{fsnotify.Event{Name: "/p/a.ts", Op: fsnotify.Chmod}, false},
		{fsnotify.Event{Name: "/p/.a.ts.swp", Op: fsnotify.Write}, false},
		{fsnotify.Event{Name: "/p/a.ts~", Op: fsnotify.Create}, false},
		{fsnotify.Event{Name: "/p/.skerry", Op: fsnotify.Create}, false},
		{fsnotify.Event{Name: "/p/node_modules", Op: fsnotify.Create}, false},
	} {
		if got := matters(tc.event); got != tc.want {
			t.Errorf("%v matters: %v, want %v", tc.event, got, tc.want)
		}
	}
}

func TestWatchOfNothing(t *testing.T) {
	t.Parallel()
	w, err := watch(filepath.Join(t.TempDir(), "missing"))
	if err == nil {
		t.Errorf("a folder that is not there is watched: %v", w.Close())
	}
}
