package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/skerry-edge/skerry/gateway/supervise"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/isolate/jail"
	"github.com/skerry-edge/skerry/isolate/jail/fence"
	"github.com/skerry-edge/skerry/isolate/note"
)

// fileJail is the name of the socket over which a jail gets its channels.
const fileJail = "jail"

func jailCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use:    "jail MEMORY_MB",
		Short:  "Run one function for the node that started this process, with no way to the world but that",
		Args:   cobra.ExactArgs(1),
		Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			memoryMB, err := strconv.Atoi(args[0])
			if err != nil {
				return err
			}
			return runJail(cmd, memoryMB)
		},
	}
}

// runJail gives up what a function must not have, and serves.
func runJail(cmd *cobra.Command, memoryMB int) error {
	nameProcess("skerry-jail")
	runtime.GOMAXPROCS(2) // a turn, and whoever watches it
	in, err := supervise.Adopt()
	if err != nil {
		return err
	}
	running, err := openNote(in)
	if err != nil {
		return err
	}
	socket := in.File(fileJail)
	if socket == nil {
		return errors.New("no node has started this process")
	}
	server, err := jail.NewServer(jail.ServerConfig{
		Control: socket, MemoryBytes: int64(memoryMB)<<20 + engineBytes,
		Engine: isolate.Config{Note: running, Kill: killSelf},
	})
	if err != nil {
		return err
	}
	if err := in.Close(); err != nil {
		return err
	}
	if _, err := fence.Self(fence.Config{
		Keep: server.Sockets(), Parent: os.Getppid(), DataBytes: dataBytes(memoryMB),
	}); err != nil {
		return fmt.Errorf("the jail can't be closed: %w", err)
	}
	return server.Serve(cmd.Context())
}

// engineBytes is what a jail's process holds beside its events, about.
const engineBytes = 48 << 20

// dataBytes is the coarse bound of a jail's memory, which counts where the kernel has no
// exact one.
func dataBytes(memoryMB int) int64 { return int64(memoryMB)<<22 + 2*jailOverhead }

// openNote opens what this process notes its turns in.
func openNote(in *supervise.Inheritance) (*note.Note, error) {
	file := in.File(fileNote)
	if file == nil {
		return nil, errors.New("no node has started this process")
	}
	running, err := note.Open(file)
	return running, errors.Join(err, file.Close())
}
