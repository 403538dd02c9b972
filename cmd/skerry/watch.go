package main

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long a burst of changes may pause before it counts as one: editors write a
// file in several steps.
const settle = 5 * time.Millisecond

// watcher tells of changes to a project's files.
type watcher struct {
	C       <-chan time.Time // when the first change of a burst was seen
	root    string
	notify  *fsnotify.Watcher
	stopped chan struct{}
}

// watch begins to watch the folder root and those below it, but node_modules and hidden
// ones. Close ends it.
func watch(root string) (*watcher, error) {
	n, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	c := make(chan time.Time, 1)
	w := &watcher{C: c, root: root, notify: n, stopped: make(chan struct{})}
	if err := w.follow(); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	go w.run(c)
	return w, nil
}

// follow watches the folders below root, also those that are new.
func (w *watcher) follow() error {
	return filepath.WalkDir(w.root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path != w.root {
			return nil // gone meanwhile
		}
		if err != nil {
			return err
		}
		if !d.IsDir() {
			return nil
		}
		if path != w.root && ignored(d.Name()) {
			return fs.SkipDir
		}
		return w.notify.Add(path)
	})
}

// ignored says whether changes below a folder of this name don't matter.
func ignored(name string) bool { return name == "node_modules" || strings.HasPrefix(name, ".") }

// Close ends the watch.
func (w *watcher) Close() error {
	err := w.notify.Close()
	<-w.stopped
	return err
}

func (w *watcher) run(c chan<- time.Time) {
	defer close(w.stopped)
	for {
		event, ok := w.next(nil)
		if !ok {
			return
		}
		if !matters(event) {
			continue
		}
		first := time.Now()
		w.drain()
		// Before the change is told: what is written into a new folder from now on is a
		// change of its own, and what was written before is there when the folder is read.
		_ = w.follow() // a folder that can't be watched is only not followed
		select {
		case c <- first:
		default: // a reload is due already
		}
	}
}

// next returns the next change, or false when the watch has ended or stop fires.
func (w *watcher) next(stop <-chan time.Time) (fsnotify.Event, bool) {
	for {
		select {
		case event, ok := <-w.notify.Events:
			return event, ok
		case _, ok := <-w.notify.Errors:
			// The queue ran over: something has changed, whatever it was.
			return fsnotify.Event{Name: "unknown", Op: fsnotify.Write}, ok
		case <-stop:
			return fsnotify.Event{}, false
		}
	}
}

// drain waits until the burst of changes is over.
func (w *watcher) drain() {
	quiet := time.NewTimer(settle)
	defer quiet.Stop()
	for {
		if _, more := w.next(quiet.C); !more {
			return
		}
		quiet.Reset(settle)
	}
}

// matters says whether a change is one of content in a file that may be a source.
func matters(e fsnotify.Event) bool {
	name := filepath.Base(e.Name)
	return !e.Has(fsnotify.Chmod) && !ignored(name) && !strings.HasSuffix(name, "~")
}
