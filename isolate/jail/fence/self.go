package fence

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Config says what a process keeps. The zero value keeps standard input, output and error, and
// the memory it can get.
type Config struct {
	// Keep are the files and connections that stay open, beside the standard three. They are
	// not used, only asked for their descriptors.
	Keep []syscall.Conn

	// ReadFolders are absolute paths of folders, or files, whose contents can still be read.
	// None: nothing can be opened.
	ReadFolders []string

	// DataBytes bounds the private memory of the process, by RLIMIT_DATA. It counts what is
	// set aside, not what is used: some 30 MB for Go and its tables, and the heap in steps of
	// 64 MB, so that bounds under 160 MB leave little to work with. An allocation beyond it
	// ends the process with a fatal error of Go's runtime, which mostly speaks of memory, but
	// may be a fault in its collector. Zero: no bound.
	DataBytes int64

	// OpenFilesMax bounds how many descriptors the process may have, with those that it is
	// handed. Zero: 256.
	OpenFilesMax int

	// Parent is the process that must be this one's parent still, and whose death, to be exact
	// that of the thread which started this process, is to kill it. Zero: neither.
	Parent int

	// Env names the environment variables that stay.
	Env []string

	// Require names layers without which Self fails.
	Require []string
}

func (c Config) withDefaults() Config {
	if c.OpenFilesMax == 0 {
		c.OpenFilesMax = 256
	}
	return c
}

// Validate names the field that can't work.
func (c Config) Validate() error {
	switch {
	case c.DataBytes < 0:
		return fmt.Errorf("fence: Config.DataBytes is %d; use 0 for no bound", c.DataBytes)
	case c.OpenFilesMax < 0:
		return fmt.Errorf("fence: Config.OpenFilesMax is %d; use 0 for the default", c.OpenFilesMax)
	case c.Parent < 0:
		return fmt.Errorf("fence: Config.Parent is %d; use 0 for none", c.Parent)
	}
	for _, folder := range c.ReadFolders {
		if !filepath.IsAbs(folder) {
			return fmt.Errorf("fence: Config.ReadFolders has %q; use absolute paths", folder)
		}
	}
	return nil
}

// ErrOrphan is returned if the parent is gone.
var ErrOrphan = errors.New("the parent process is gone")

// MissingError says that layers which Config.Require names are not in force.
type MissingError struct{ Layers Layers }

func (e *MissingError) Error() string {
	return "the process can't be fenced as required: " + strings.ReplaceAll(e.Layers.String(), "\n", "; ")
}

// OpenError says that the process itself has opened what Config.Keep doesn't name. It can't be
// closed behind the back of whoever holds it: close it before, or name it.
type OpenError struct {
	Descriptor int
	Target     string // what it leads to: "/etc/passwd", "socket:[4711]"
}

func (e *OpenError) Error() string {
	return fmt.Sprintf("descriptor %d (%s) is open, and nobody asked to keep it", e.Descriptor, e.Target)
}

// Self takes from this process what cfg doesn't name, in all its threads, and returns what is in
// force now and what is not. It may be called once, when no other goroutine opens anything.
//
// What the process was started with and cfg.Keep doesn't name is closed. The errors are
// [ErrOrphan], [*OpenError], [*MissingError], and that of an invalid cfg. After an error, except
// the last, some layers are in force: the process is of no use, and should end.
func Self(cfg Config) (Layers, error) {
	cfg = cfg.withDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	_, _ = time.Now().Zone() // reads the time zone's file now, while it can
	layers, err := self(cfg)
	if err != nil {
		return layers, fmt.Errorf("fence: %w", err)
	}
	return layers, layers.require(cfg.Require)
}

// require returns a MissingError if a layer of these names is not in force.
func (l Layers) require(names []string) error {
	var missing Layers
	for _, name := range names {
		if l.InForce(name) {
			continue
		}
		note := "there is no such layer"
		for _, layer := range l {
			if layer.Name == name {
				note = layer.Note
			}
		}
		missing.lack(name, note)
	}
	if missing != nil {
		return &MissingError{missing}
	}
	return nil
}

// clearEnvironment drops all variables but those named.
func clearEnvironment(keep []string) {
	values := make(map[string]string)
	for _, name := range keep {
		if value, ok := os.LookupEnv(name); ok {
			values[name] = value
		}
	}
	os.Clearenv()
	for name, value := range values {
		os.Setenv(name, value) // fails only for names that can't have been looked up
	}
}
