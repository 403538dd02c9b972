package supervise

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
)

// Origin is where a listening socket comes from.
type Origin string

// The origins of a socket, in the order in which they are tried.
const (
	FromUpgrade Origin = "upgrade" // the process that this one replaces had it
	FromSystemd Origin = "systemd" // socket activation
	FromAddress Origin = "address" // we opened it
)

// listenPrefix begins the names of files that hand listening sockets over: "listen NAME
// ADDRESS".
const listenPrefix = "listen "

// Listeners keeps the node's listening sockets open, by name, whoever accepts on them:
// what is connected meanwhile waits in the kernel and is not refused. It is safe for
// concurrent use.
type Listeners struct {
	names []string // all that will be asked for, in the order in which systemd may give them
	named bool     // systemd has given one of names to a socket
	in    *Inheritance
	mu    struct {
		sync.Mutex
		sockets map[string]*socket
	}
}

// socket is one listening socket.
type socket struct {
	file    *os.File // our own copy; never accepted on
	address string   // that was asked for
	origin  Origin
}

// Listeners resolves the sockets called names from what the process inherited. Sockets of
// systemd are found by their name (FileDescriptorName=), or when none has one of names in
// the order of names.
func (in *Inheritance) Listeners(names ...string) *Listeners {
	l := &Listeners{names: names, in: in}
	in.mu.Lock()
	l.named = slices.ContainsFunc(in.mu.activated, func(f *os.File) bool { return slices.Contains(names, f.Name()) })
	in.mu.Unlock()
	l.mu.sockets = make(map[string]*socket)
	return l
}

// Listen returns a listener on the socket called name, one of those given to
// [Inheritance.Listeners]. It is the one that the process before this one had, if that was
// asked for the same address; or else one from systemd, whatever its address; or else it
// is opened on the TCP address. Closing the listener leaves the socket open: Listen gives
// another one on it.
func (l *Listeners) Listen(name, address string) (net.Listener, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.mu.sockets[name]; s != nil {
		return net.FileListener(s.file)
	}
	if !slices.Contains(l.names, name) {
		return nil, fmt.Errorf("supervise: no listener is called %q", name)
	}
	s, err := l.resolve(name, address)
	if err != nil {
		return nil, err
	}
	ln, err := net.FileListener(s.file)
	if err != nil {
		s.file.Close()
		return nil, fmt.Errorf("supervise: listener %q: %w", name, err)
	}
	l.mu.sockets[name] = s
	return ln, nil
}

func (l *Listeners) resolve(name, address string) (*socket, error) {
	if f := l.in.File(listenPrefix + name + " " + address); f != nil {
		return checkedSocket(f, name, address, FromUpgrade)
	}
	if f := l.activated(name); f != nil {
		return checkedSocket(f, name, address, FromSystemd)
	}
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	defer ln.Close()
	f, err := ln.(*net.TCPListener).File()
	if err != nil {
		return nil, err
	}
	return &socket{f, address, FromAddress}, nil
}

func checkedSocket(f *os.File, name, address string, origin Origin) (*socket, error) {
	if err := listening(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("supervise: the socket %q from %s: %w", name, origin, err)
	}
	return &socket{f, address, origin}, nil
}

// errNotListening is about an inherited file that can't be accepted on.
var errNotListening = errors.New("it is not a listening stream socket")

// activated takes a socket from systemd, or nil.
func (l *Listeners) activated(name string) *os.File {
	l.in.mu.Lock()
	defer l.in.mu.Unlock()
	for i, f := range l.in.mu.activated {
		if f == nil {
			continue
		}
		if l.named && f.Name() == name || !l.named && i == slices.Index(l.names, name) {
			l.in.mu.activated[i] = nil
			return f
		}
	}
	return nil
}

// Origin says where the socket comes from that Listen has returned; empty: it has not.
func (l *Listeners) Origin(name string) Origin {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.mu.sockets[name]; s != nil {
		return s.origin
	}
	return ""
}

// File returns the socket called name for a child, which finds it by that name:
// [Inheritance.Listener]. It may be used in many Commands.
func (l *Listeners) File(name string) (File, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.mu.sockets[name]
	if s == nil {
		return File{}, fmt.Errorf("supervise: the listener %q is not open", name)
	}
	return File{Name: name, File: s.file, Lent: true}, nil
}

// handover lists the sockets for the process that replaces this one.
func (l *Listeners) handover() []File {
	l.mu.Lock()
	defer l.mu.Unlock()
	var files []File
	for name, s := range l.mu.sockets {
		files = append(files, File{Name: listenPrefix + name + " " + s.address, File: s.file, Lent: true})
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return files
}

// Close closes the sockets here. Children and a successor keep theirs.
func (l *Listeners) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for _, s := range l.mu.sockets {
		errs = append(errs, s.file.Close())
	}
	clear(l.mu.sockets)
	return errors.Join(errs...)
}
