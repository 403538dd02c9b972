package fence_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/skerry-edge/skerry/isolate/jail/fence"
)

// roleVariable tells a copy of the test binary to be a child of a test, and what to do.
const roleVariable = "FENCE_TEST_CHILD"

// patience is for machines that are busy with something else; nothing here takes long.
const patience = time.Minute

func TestMain(m *testing.M) {
	if name := os.Getenv(roleVariable); name != "" {
		beChild(name)
		return
	}
	os.Exit(m.Run())
}

// task is what a child is told.
type task struct {
	Fenced      bool
	ReadFolders []string
	DataBytes   int64
	Require     []string
	Orphan      bool // takes a process for its parent that it is not
	Careless    bool // opens something before, and asks nobody to keep it

	Folder  string // for files, with one in it: "file"
	TCP     string // addresses where the parent listens
	UDP     string
	Unix    string
	Parent  int
	Program string // to execute
}

// parentEnd is the parent's side of what connects it to a child, childEnd the child's.
type (
	parentEnd struct {
		conn *net.UnixConn
		in   *json.Decoder
		out  *json.Encoder
	}
	childEnd = parentEnd
)

func newEnd(f *os.File) (*parentEnd, error) {
	c, err := net.FileConn(f)
	f.Close()
	if err != nil {
		return nil, err
	}
	return &parentEnd{c.(*net.UnixConn), json.NewDecoder(c), json.NewEncoder(c)}, nil
}

// roles are what children do once they are fenced, or are not, as the task says.
var roles = map[string]func(*childEnd, task){
	"try":     tryAll,
	"work":    workOn,
	"hog":     hog,
	"answer":  answerPings,
	"orphan":  leaveAnOrphan,
	"threads": threadsAsTold,
	"nothing": func(*childEnd, task) {},
}

// threadsAsTold has as many threads as it is told to.
func threadsAsTold(end *childEnd, _ task) {
	var n int
	if end.in.Decode(&n) == nil {
		growThreads(n)
	}
}

// started is the child's answer to its task.
type started struct {
	Layers fence.Layers
	Error  string
	Secret string // the variable SECRET
}

func beChild(role string) {
	end, err := newEnd(os.NewFile(3, "parent"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		os.Exit(3)
	}
	var what task
	if err := end.in.Decode(&what); err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		os.Exit(3)
	}
	var s started
	if what.Fenced {
		cfg := fence.Config{
			Keep: []syscall.Conn{end.conn}, ReadFolders: what.ReadFolders, DataBytes: what.DataBytes,
			Parent: os.Getppid(), Require: what.Require, Env: []string{"GOTRACEBACK"},
		}
		if what.Orphan {
			cfg.Parent = os.Getpid()
		}
		if what.Careless {
			if folder, err := os.Open("/etc"); err == nil {
				defer folder.Close()
			}
		}
		s.Layers, err = fence.Self(cfg)
		if err != nil {
			s.Error = err.Error()
		}
	}
	s.Secret = os.Getenv("SECRET")
	if err := end.out.Encode(s); err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		os.Exit(3)
	}
	roles[role](end, what)
}

// child is a copy of the test binary.
type child struct {
	*parentEnd
	t       testing.TB
	cmd     *exec.Cmd
	stderr  bytes.Buffer
	started started
}

// forks are run on one thread that lives as long as the tests: a child dies with the thread that
// started it.
var forks = func() chan<- func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range work {
			f()
		}
	}()
	return work
}()

// start starts a child and gives it its task. change may change the command before.
func start(t testing.TB, role string, what task, change func(*exec.Cmd)) *child {
	t.Helper()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	theirs := os.NewFile(uintptr(pair[1]), "child")
	defer theirs.Close()
	end, err := newEnd(os.NewFile(uintptr(pair[0]), "parent"))
	if err != nil {
		t.Fatal(err)
	}
	c := &child{parentEnd: end, t: t, cmd: exec.Command(os.Args[0])}
	c.cmd.Env = append(os.Environ(), roleVariable+"="+role, "SECRET=hush", "GOTRACEBACK=single")
	c.cmd.ExtraFiles = []*os.File{theirs}
	c.cmd.Stderr = &c.stderr
	c.cmd.SysProcAttr = new(syscall.SysProcAttr)
	if change != nil {
		change(c.cmd)
	}
	failed := make(chan error)
	forks <- func() { failed <- c.cmd.Start() }
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	hung := time.AfterFunc(patience, func() { _ = c.cmd.Process.Kill() })
	t.Cleanup(func() {
		hung.Stop()
		c.conn.Close()
		_ = c.cmd.Process.Kill() // it may be gone already
		_ = c.cmd.Wait()
	})
	if err := end.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	c.send(what)
	c.receive(&c.started)
	return c
}

func (c *child) send(v any) {
	c.t.Helper()
	if err := c.out.Encode(v); err != nil {
		c.t.Fatalf("send to the child: %v", err)
	}
}

func (c *child) receive(v any) {
	c.t.Helper()
	if err := c.in.Decode(v); err != nil {
		_ = c.cmd.Wait() // its end is told below
		c.t.Fatalf("the child does not answer: %v; %v\n%s", err, c.cmd.ProcessState, c.stderr.String())
	}
}

// wait returns how the child ended.
func (c *child) wait() *os.ProcessState {
	c.t.Helper()
	_ = c.cmd.Wait() // the state says it
	return c.cmd.ProcessState
}

// needFence skips a test of what Self prevents where neither of its two walls can stand.
func needFence(t testing.TB, layers ...string) {
	t.Helper()
	for _, missing := range fence.Available().Missing() {
		for _, name := range layers {
			if missing.Name == name {
				t.Skipf("SKIP: %s is missing: %s", name, missing.Note)
			}
		}
	}
}

// surroundings are what a child can try to reach.
func surroundings(t testing.TB) task {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "file"), []byte("contents"), 0o666); err != nil {
		t.Fatal(err)
	}
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tcp.Close() })
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { udp.Close() })
	name := fmt.Sprintf("@fence-test-%d-%s", os.Getpid(), strings.ReplaceAll(t.Name(), "/", "-"))
	local, err := net.Listen("unix", name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { local.Close() })
	program, err := exec.LookPath("true")
	if err != nil {
		t.Fatal(err)
	}
	return task{
		Fenced: true, Folder: folder, TCP: tcp.Addr().String(), UDP: udp.LocalAddr().String(), Unix: name,
		Parent: os.Getpid(), Program: program,
	}
}
