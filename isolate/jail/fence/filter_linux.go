package fence

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// allowance lets a system call through: always, or if one of its alternatives holds.
type allowance struct {
	number       uint32
	alternatives [][]condition // of each, all conditions must hold; none: always
}

// condition holds if the bits of an argument that mask selects are those of value.
type condition struct {
	argument    uint32
	mask, value uint64
}

func always(numbers ...uint32) []allowance {
	list := make([]allowance, len(numbers))
	for i, n := range numbers {
		list[i].number = n
	}
	return list
}

func when(number uint32, alternatives ...[]condition) allowance {
	return allowance{number, alternatives}
}

func is(argument uint32, value uint64) []condition {
	return []condition{{argument, ^uint64(0), value}}
}

func without(argument uint32, bits uint64) []condition { return []condition{{argument, bits, 0}} }

// The offsets of struct seccomp_data: a call's number, the machine's architecture, and the
// arguments of eight bytes, as the supported machines have them: low half first.
const (
	offsetNumber    = 0
	offsetMachine   = 4
	offsetArguments = 16
)

// The answers of a filter.
const (
	answerAllow  = unix.SECCOMP_RET_ALLOW
	answerKill   = unix.SECCOMP_RET_KILL_PROCESS
	answerRefuse = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
	answerAbsent = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS) // the caller is to do without
)

// program is the filter for a machine. Each call's part ends with an answer, so that an
// argument is never taken for the number of another call.
//
//	is it this machine's?      no: kill. It is a 32-bit call, which nobody here makes
//	load number
//	is it read?                yes: allow
//	is it clone?               yes: load arguments, compare, allow or refuse
//	…
//	refuse
func program(machine uint32, allowed []allowance, absent []uint32) []bpf.Instruction {
	p := []bpf.Instruction{
		bpf.LoadAbsolute{Off: offsetMachine, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: machine, SkipTrue: 1},
		bpf.RetConstant{Val: answerKill},
		bpf.LoadAbsolute{Off: offsetNumber, Size: 4},
	}
	for _, a := range allowed {
		p = append(p, a.program()...)
	}
	for _, number := range absent {
		p = append(p, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: number, SkipTrue: 1}, bpf.RetConstant{Val: answerAbsent})
	}
	return append(p, bpf.RetConstant{Val: answerRefuse})
}

// program leaves the accumulator as it was if the call has another number.
func (a allowance) program() []bpf.Instruction {
	var p []bpf.Instruction
	for _, conditions := range a.alternatives {
		p = append(p, alternative(conditions)...)
	}
	if len(a.alternatives) > 0 {
		p = append(p, bpf.RetConstant{Val: answerRefuse})
	} else {
		p = append(p, bpf.RetConstant{Val: answerAllow})
	}
	return append([]bpf.Instruction{bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: a.number, SkipTrue: uint8(len(p))}}, p...)
}

// alternative allows if all conditions hold, and goes on behind its end if not.
func alternative(conditions []condition) []bpf.Instruction {
	var tests [][]bpf.Instruction // each is to be followed by a jump if it is not equal
	for _, c := range conditions {
		for half := range uint32(2) {
			mask, value := uint32(c.mask>>(32*half)), uint32(c.value>>(32*half))
			if mask == 0 {
				continue
			}
			tests = append(tests, []bpf.Instruction{
				bpf.LoadAbsolute{Off: offsetArguments + 8*c.argument + 4*half, Size: 4},
				bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: mask},
				bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: value},
			})
		}
	}
	p := []bpf.Instruction{bpf.RetConstant{Val: answerAllow}}
	for i := len(tests) - 1; i >= 0; i-- {
		test := tests[i]
		jump := test[2].(bpf.JumpIf)
		jump.SkipTrue = uint8(len(p))
		p = append([]bpf.Instruction{test[0], test[1], jump}, p...)
	}
	return p
}

// installFilter puts the filter in force in all threads, and checks that it is. This thread must
// have no_new_privs.
func installFilter(readFiles bool) error {
	if err := filterAvailable(); err != nil {
		return err
	}
	raw, err := bpf.Assemble(program(machine, allowed(uint64(os.Getpid()), readFiles), absent()))
	if err != nil {
		return fmt.Errorf("assemble the filter: %w", err)
	}
	filter := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		filter[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	thread, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&prog)))
	switch {
	case errno != 0:
		return fmt.Errorf("install the filter: %w", errno)
	case thread != 0: // and no thread has it
		return fmt.Errorf("install the filter: thread %d has another", thread)
	}
	if fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err == nil {
		unix.Close(fd)
		return errors.New("the kernel took the filter and does not use it")
	}
	return nil
}

// filterAvailable asks the kernel whether it knows an answer that the filter gives.
func filterAvailable() error {
	if machine == 0 {
		return errors.New("there is no list of system calls for this processor")
	}
	action := uint32(unix.SECCOMP_RET_KILL_PROCESS)
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_ACTION_AVAIL, 0, uintptr(unsafe.Pointer(&action)))
	if errno != 0 {
		return fmt.Errorf("the kernel has no such filter, or forbids it: %w", errno)
	}
	return nil
}
