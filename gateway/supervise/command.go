package supervise

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// Command says what a child is: a program, and what it gets from us.
type Command struct {
	Path string   // the program; required
	Args []string // its arguments, without its name
	Env  []string // "NAME=value"; of two with one name the later counts; nil: ours. What systemd told us is left out.

	// Files are what the child has open besides its standard streams. It finds them by
	// name: [Inheritance.File].
	Files []File

	Stdout *os.File  // nil: what the child writes is dropped
	Stderr io.Writer // gets what the child writes there; nil: only [Exit] has the end of it

	Cgroup *os.File // folder of a cgroup v2 that the child begins in; nil, or not Linux: ours
}

// File is an open file for a child.
type File struct {
	Name string // unique among a child's files
	*os.File

	// Lent says that the file stays open here and is the caller's. Otherwise it is closed
	// once the child has it, or could not be started.
	Lent bool
}

// Validate names what is missing.
func (c *Command) Validate() error {
	if c.Path == "" {
		return errors.New("supervise: Command.Path is missing")
	}
	seen := make(map[string]bool)
	for _, f := range c.Files {
		switch {
		case f.Name == "" || f.File == nil:
			return errors.New("supervise: Command.Files has a file without a name, or a name without a file")
		case seen[f.Name]:
			return fmt.Errorf("supervise: Command.Files has two files %q", f.Name)
		}
		seen[f.Name] = true
	}
	return nil
}

// closeGiven closes the files that are the child's alone.
func closeGiven(files []File) {
	for _, f := range files {
		if !f.Lent && f.File != nil {
			f.Close()
		}
	}
}

// inheritVariable tells a child what it has: a legacy as JSON.
const inheritVariable = "SKERRY_INHERIT"

// legacy is the value of inheritVariable.
type legacy struct {
	Parent int      `json:"parent"` // who started the process
	Files  []string `json:"files"`  // names of the files from inheritedFirst on
}

// inheritedFirst is the first file after the standard streams.
const inheritedFirst = 3

// foreign are variables that are meant for the process that systemd started, and ours for
// this process.
var foreign = []string{inheritVariable, "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"}

// environment is the child's: env and its legacy. keep are foreign variables that it gets
// all the same.
func environment(env []string, files []File, keep ...string) ([]string, error) {
	if env == nil {
		env = os.Environ()
	}
	l := legacy{Parent: os.Getpid(), Files: make([]string, len(files))}
	for i, f := range files {
		l.Files[i] = f.Name
	}
	text, err := json.Marshal(l)
	if err != nil {
		return nil, err
	}
	out := []string{inheritVariable + "=" + string(text)}
	seen := make(map[string]bool)
	for _, entry := range slices.Backward(env) {
		name, _, _ := strings.Cut(entry, "=")
		if seen[name] || slices.Contains(foreign, name) && !slices.Contains(keep, name) {
			continue
		}
		seen[name] = true
		out = append(out, entry)
	}
	return out, nil
}
