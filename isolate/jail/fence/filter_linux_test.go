//go:build linux && (amd64 || arm64)

package fence

import (
	"encoding/binary"
	"testing"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

const ownPid = 4711

// call is a system call as a filter sees it.
type call struct {
	number    uint32
	machine   uint32
	arguments [6]uint64
}

// answer runs the filter over c. Where the kernel reads a number as the machine keeps it, the
// virtual machine of the bpf package reads it big end first.
func (c call) answer(t testing.TB, vm *bpf.VM) uint32 {
	t.Helper()
	data := make([]byte, offsetArguments+8*len(c.arguments))
	binary.BigEndian.PutUint32(data[offsetNumber:], c.number)
	binary.BigEndian.PutUint32(data[offsetMachine:], c.machine)
	for i, a := range c.arguments {
		binary.BigEndian.PutUint32(data[offsetArguments+8*i:], uint32(a))
		binary.BigEndian.PutUint32(data[offsetArguments+8*i+4:], uint32(a>>32))
	}
	answer, err := vm.Run(data)
	if err != nil {
		t.Fatal(err)
	}
	return uint32(answer)
}

func filterVM(t testing.TB, readFiles bool) *bpf.VM {
	t.Helper()
	vm, err := bpf.NewVM(program(machine, allowed(ownPid, readFiles), absent()))
	if err != nil {
		t.Fatal(err)
	}
	return vm
}

// expected is what the filter is to answer, written without jumps.
func expected(c call, readFiles bool) uint32 {
	if c.machine != machine {
		return answerKill
	}
	for _, a := range allowed(ownPid, readFiles) {
		if a.number != c.number {
			continue
		}
		if a.alternatives == nil {
			return answerAllow
		}
		for _, conditions := range a.alternatives {
			holds := true
			for _, k := range conditions {
				holds = holds && c.arguments[k.argument]&k.mask == k.value
			}
			if holds {
				return answerAllow
			}
		}
		return answerRefuse
	}
	for _, number := range absent() {
		if number == c.number {
			return answerAbsent
		}
	}
	return answerRefuse
}

func TestFilter(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name      string
		number    uint32
		arguments [6]uint64
		want      uint32
		readFiles uint32 // answer of the filter that lets files be read; 0: the same
	}{
		{"reading what is open", unix.SYS_READ, [6]uint64{3}, answerAllow, 0},
		{"opening to read", unix.SYS_OPENAT, [6]uint64{3, 0, unix.O_RDONLY | unix.O_CLOEXEC | unix.O_DIRECTORY}, answerRefuse, answerAllow},
		{"opening to write", unix.SYS_OPENAT, [6]uint64{3, 0, unix.O_WRONLY}, answerRefuse, 0},
		{"opening to read and write", unix.SYS_OPENAT, [6]uint64{3, 0, unix.O_RDWR}, answerRefuse, 0},
		{"creating", unix.SYS_OPENAT, [6]uint64{3, 0, unix.O_CREAT}, answerRefuse, 0},
		{"truncating", unix.SYS_OPENAT, [6]uint64{3, 0, unix.O_TRUNC}, answerRefuse, 0},
		{"a file without a name", unix.SYS_OPENAT, [6]uint64{3, 0, unix.O_TMPFILE}, answerRefuse, 0},
		{"opening the new way", unix.SYS_OPENAT2, [6]uint64{}, answerAbsent, 0},
		{"a socket", unix.SYS_SOCKET, [6]uint64{}, answerRefuse, 0},
		{"executing", unix.SYS_EXECVE, [6]uint64{}, answerRefuse, 0},
		{"a thread", unix.SYS_CLONE, [6]uint64{threadOfGo}, answerAllow, 0},
		{"a thread of C's", unix.SYS_CLONE, [6]uint64{threadOfC}, answerAllow, 0},
		{"a thread in a namespace of its own", unix.SYS_CLONE, [6]uint64{threadOfGo | unix.CLONE_NEWNET}, answerRefuse, 0},
		{"a process", unix.SYS_CLONE, [6]uint64{uint64(unix.SIGCHLD)}, answerRefuse, 0},
		{"either, the new way", unix.SYS_CLONE3, [6]uint64{}, answerAbsent, 0},
		{"a signal to itself", unix.SYS_TGKILL, [6]uint64{ownPid, ownPid + 1, uint64(unix.SIGURG)}, answerAllow, 0},
		{"a signal to another", unix.SYS_TGKILL, [6]uint64{1, 1, uint64(unix.SIGURG)}, answerRefuse, 0},
		{"a signal to all", unix.SYS_KILL, [6]uint64{^uint64(0), uint64(unix.SIGKILL)}, answerRefuse, 0},
		{"a signal to the group", unix.SYS_KILL, [6]uint64{0, uint64(unix.SIGKILL)}, answerRefuse, 0},
		{"memory", unix.SYS_MMAP, [6]uint64{0, 4096, unix.PROT_READ | unix.PROT_WRITE}, answerAllow, 0},
		{"memory to execute", unix.SYS_MMAP, [6]uint64{0, 4096, unix.PROT_READ | unix.PROT_EXEC}, answerRefuse, 0},
		{"memory that becomes executable", unix.SYS_MPROTECT, [6]uint64{0, 4096, unix.PROT_EXEC}, answerRefuse, 0},
		{"naming memory", unix.SYS_PRCTL, [6]uint64{unix.PR_SET_VMA}, answerAllow, 0},
		{"becoming dumpable", unix.SYS_PRCTL, [6]uint64{unix.PR_SET_DUMPABLE, 1}, answerRefuse, 0},
		{"a copy of a descriptor", unix.SYS_FCNTL, [6]uint64{3, unix.F_DUPFD_CLOEXEC}, answerAllow, 0},
		{"signals for a descriptor", unix.SYS_FCNTL, [6]uint64{3, unix.F_SETOWN, 1}, answerRefuse, 0},
		{"the terminal", unix.SYS_IOCTL, [6]uint64{0, unix.TIOCSTI}, answerRefuse, 0},
		{"a call of the other convention", unix.SYS_READ | 0x40000000, [6]uint64{}, answerRefuse, 0},
		{"a call that does not exist", 100_000, [6]uint64{}, answerRefuse, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := call{tc.number, machine, tc.arguments}
			if got := c.answer(t, filterVM(t, false)); got != tc.want {
				t.Errorf("answer %#x, want %#x", got, tc.want)
			}
			if tc.readFiles == 0 {
				tc.readFiles = tc.want
			}
			if got := c.answer(t, filterVM(t, true)); got != tc.readFiles {
				t.Errorf("answer with files %#x, want %#x", got, tc.readFiles)
			}
		})
	}
	if got := (call{unix.SYS_READ, unix.AUDIT_ARCH_I386, [6]uint64{}}).answer(t, filterVM(t, false)); got != answerKill {
		t.Errorf("a 32-bit call: answer %#x", got)
	}
}

// An argument must never be taken for the number of another call.
func TestFilterComparesArgumentsWithNothingElse(t *testing.T) {
	t.Parallel()
	vm := filterVM(t, true)
	for _, a := range allowed(ownPid, true) {
		if a.alternatives == nil {
			continue
		}
		for value := range uint64(512) {
			c := call{a.number, machine, [6]uint64{value, value, value, value, value, value}}
			if got, want := c.answer(t, vm), expected(c, true); got != want {
				t.Errorf("call %d with arguments %d: answer %#x, want %#x", a.number, value, got, want)
			}
		}
	}
}

// The kernel takes 4,096 instructions, and a jump reaches 255.
func TestFilterFits(t *testing.T) {
	t.Parallel()
	p := program(machine, allowed(ownPid, true), absent())
	if len(p) > 1000 {
		t.Errorf("%d instructions", len(p))
	}
	for _, a := range allowed(ownPid, true) {
		if n := len(a.program()); n > 256 {
			t.Errorf("call %d: %d instructions, too many to jump over", a.number, n)
		}
	}
}

func FuzzFilter(f *testing.F) {
	f.Add(uint32(unix.SYS_CLONE), uint32(machine), uint64(threadOfC), uint64(0), uint64(0), false)
	f.Add(uint32(unix.SYS_OPENAT), uint32(machine), uint64(0), uint64(0), uint64(unix.O_TMPFILE), true)
	f.Add(uint32(unix.SYS_KILL), uint32(machine), uint64(ownPid)|1<<32, uint64(9), uint64(0), true)
	f.Fuzz(func(t *testing.T, number, arch uint32, first, second, third uint64, readFiles bool) {
		c := call{number, arch, [6]uint64{first, second, third}}
		if got, want := c.answer(t, filterVM(t, readFiles)), expected(c, readFiles); got != want {
			t.Errorf("%+v: answer %#x, want %#x", c, got, want)
		}
	})
}
