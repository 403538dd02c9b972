package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/skerry-edge/skerry/gateway/supervise"
)

const (
	// handoverMax is how long a successor may take to have the store open.
	handoverMax = time.Minute
	// finishMax is how long calls of the control API may take that are under way when a
	// successor comes.
	finishMax = 2 * time.Second
)

// upgrade starts the program anew, which may be a newer one by now, and hands everything
// over. After nil the successor serves, and this process only has to let its events finish.
// After an error the node goes on as before.
func (n *node) upgrade(ctx context.Context) error {
	var theirs []supervise.File
	ours := make(map[*storeFile]net.Conn)
	defer func() {
		for _, f := range theirs {
			f.Close()
		}
	}()
	for _, f := range n.stores.files {
		conn, file, err := streamPair()
		if err != nil {
			return err
		}
		ours[f] = conn
		theirs = append(theirs, supervise.File{Name: f.socketName(), File: file, Lent: true})
	}
	released := false
	successor, err := supervise.Upgrade(ctx, supervise.UpgradeConfig{
		Listeners: n.sockets, Files: theirs,
		Release: func(ctx context.Context, s *supervise.Successor) error {
			n.t.note("upgrade: skerry %s (pid %d) takes over", s.Version(), s.Pid())
			// The successor has them: here they would hide its end.
			for _, f := range theirs {
				f.Close()
			}
			released = true
			return n.release(ctx, ours)
		},
		Resume: n.resume,
	})
	if err != nil {
		if !released {
			for _, conn := range ours {
				conn.Close()
			}
		}
		return err
	}
	return successor.Close()
}

// release gives up what only one process may have: the control plane, the directory, and
// the files of the stores. Events go on, over the successor's stores.
func (n *node) release(ctx context.Context, conns map[*storeFile]net.Conn) error {
	n.planes.Lock()
	plane := n.plane
	n.plane = nil
	n.planes.Unlock()
	finish, cancel := context.WithTimeout(ctx, finishMax)
	defer cancel()
	if err := plane.finish(finish); err != nil {
		return err
	}
	for f, conn := range conns {
		if err := f.release(ctx, conn); err != nil {
			return fmt.Errorf("release %s: %w", f.path, err)
		}
	}
	return n.unlock()
}

// resume takes back what release gave up.
func (n *node) resume(ctx context.Context) error {
	var errs []error
	for _, f := range n.stores.files {
		errs = append(errs, f.resume())
	}
	if err := errors.Join(append(errs, n.lock())...); err != nil {
		return err
	}
	var err error
	if n.admin, err = n.sockets.Listen(socketAdmin, n.flags.admin); err != nil {
		return err
	}
	if err := n.openPlane(ctx); err != nil {
		return err
	}
	n.plane.serve(n.admin, n.failed)
	return nil
}
