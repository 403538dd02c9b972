package supervise

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"

	"github.com/coreos/go-systemd/v22/activation"
)

// ErrOrphan is returned to a process whose parent died while it was starting.
var ErrOrphan = errors.New("supervise: the process that started this one is gone")

// Inheritance is what this process got from the one that started it: from a [Spawner] or
// [Upgrade] files by name, from systemd listening sockets. It may be empty.
// It is safe for concurrent use.
type Inheritance struct {
	parent int // 0: a stranger started us
	mu     struct {
		sync.Mutex
		files     map[string]*os.File // not taken yet
		activated []*os.File          // from systemd, in its order; nil where taken
	}
}

// Adopt takes what the process inherited. It must be called once, before the process
// starts others, as it clears the environment of what tells about it. A child whose parent
// is gone already gets ErrOrphan, and should end.
func Adopt() (*Inheritance, error) {
	in := new(Inheritance)
	in.mu.files = make(map[string]*os.File)
	in.mu.activated = activation.Files(true)
	text, ok := os.LookupEnv(inheritVariable)
	if !ok {
		return in, nil
	}
	os.Unsetenv(inheritVariable)
	var l legacy
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		return nil, fmt.Errorf("supervise: %s in the environment: %w", inheritVariable, err)
	}
	in.parent = l.Parent
	for i, name := range l.Files {
		f, err := inherited(inheritedFirst+i, name)
		if err != nil {
			in.Close()
			return nil, fmt.Errorf("supervise: inherited file %q: %w", name, err)
		}
		in.mu.files[name] = f
	}
	// A process that is the first of a PID namespace doesn't see its parent: 0.
	if now := os.Getppid(); now != in.parent && now != 0 {
		in.Close()
		return nil, ErrOrphan
	}
	return in, nil
}

// File returns the file with that name, which is the caller's from here. Without one, or
// when it was taken, it is nil.
func (in *Inheritance) File(name string) *os.File {
	in.mu.Lock()
	defer in.mu.Unlock()
	f := in.mu.files[name]
	delete(in.mu.files, name)
	return f
}

// Listener returns the file with that name as a listener, which shares its socket with the
// parent and its other children. Closing it closes nobody else's.
func (in *Inheritance) Listener(name string) (net.Listener, error) {
	f := in.File(name)
	if f == nil {
		return nil, fmt.Errorf("supervise: there is no inherited file %q", name)
	}
	return listenerOf(f)
}

// listenerOf turns a listening socket into a listener, and closes f.
func listenerOf(f *os.File) (net.Listener, error) {
	defer f.Close()
	ln, err := net.FileListener(f)
	if err != nil {
		return nil, fmt.Errorf("supervise: inherited file %q: %w", f.Name(), err)
	}
	return ln, nil
}

// Close closes the files that nobody has taken.
func (in *Inheritance) Close() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, f := range in.mu.files {
		f.Close()
	}
	clear(in.mu.files)
	for _, f := range in.mu.activated {
		if f != nil {
			f.Close()
		}
	}
	in.mu.activated = nil
	return nil
}
