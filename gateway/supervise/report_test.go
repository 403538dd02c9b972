package supervise

import (
	"bytes"
	"strings"
	"testing"
	"testing/iotest"
)

func TestCauseOf(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, stderr, want string }{
		{"nothing", "", ""},
		{"a log", "starting\nstopping\n", ""},
		{"a stack overflow", "runtime: goroutine stack exceeds 1000000000-byte limit\nruntime: sp=0x1 stack=[0x2, 0x3]\nfatal error: stack overflow\n\nruntime stack:\n", "fatal error: stack overflow"},
		{"no memory", "runtime: out of memory: cannot allocate 4194304-byte block (9 in use)\nfatal error: out of memory\n", "fatal error: out of memory"},
		{"a report that breaks off", "runtime: out of memory: cannot allocate 4194304-byte block (9 in use)", "runtime: out of memory: cannot allocate 4194304-byte block (9 in use)"},
		{"a panic", "panic: runtime error: index out of range [3] with length 2\n\ngoroutine 1 [running]:\n", "panic: runtime error: index out of range [3] with length 2"},
		{"a panic that became fatal", "panic: first\nfatal error: concurrent map writes\n", "fatal error: concurrent map writes"},
		{"the later of two", "panic: first\npanic: second\n", "panic: second"},
		{"words inside a line", "log: panic: no\n", ""},
		{"a fault", "unexpected fault address 0x7f\nSIGBUS: bus error\nfatal error: fault\n[signal SIGBUS: bus error code=0x2]\n", "fatal error: fault"},
		{"control characters", "panic: a\x1b[31mb\x00c\tz\r\n", "panic: a [31mb c z"},
		{"a long message", "panic: " + strings.Repeat("é", 500), "panic: " + strings.Repeat("é", 96)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := CauseOf([]byte(tc.stderr)); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	log := strings.Repeat("a line of a log\n", 4000)
	frames := strings.Repeat("goroutine 1 [running]:\n", 4000)
	for _, tc := range []struct{ name, in, begins, ends string }{
		{"short", "hello\n", "hello\n", "hello\n"},
		{"the end of a log", log + "the last\n", "", "the last\n"},
		{"the beginning of a crash", log + "panic: no\n" + frames, "panic: no\ngoroutine 1", ""},
		{"the last crash", "panic: one\n" + frames + "panic: two\n" + frames, "panic: two\ngoroutine 1", ""},
		{"no crash inside a line", log + strings.Repeat("x", 50) + "panic: no\nend\n", "", "panic: no\nend\n"},
		{"a mark without a line end", log + "fatal error: x", "fatal error: x", "fatal error: x"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var whole, bytewise, copied report
			var out bytes.Buffer
			whole.copy(strings.NewReader(tc.in), &out)
			bytewise.copy(iotest.OneByteReader(strings.NewReader(tc.in)), nil)
			copied.copy(iotest.HalfReader(strings.NewReader(tc.in)), nil)
			got := string(whole.bytes())
			if !strings.HasPrefix(got, tc.begins) || !strings.HasSuffix(got, tc.ends) || len(got) > reportBytes {
				t.Errorf("kept %d bytes, %.40q … %q", len(got), got, got[max(0, len(got)-40):])
			}
			if len(got) < min(len(tc.in), reportBytes) && !strings.Contains(tc.in, "\nfatal") && !strings.Contains(tc.in, "panic") {
				t.Errorf("kept %d bytes of %d", len(got), len(tc.in))
			}
			if string(bytewise.bytes()) != got || string(copied.bytes()) != got {
				t.Error("what is kept depends on how it is read")
			}
			if out.String() != tc.in {
				t.Errorf("%d bytes were copied, want %d", out.Len(), len(tc.in))
			}
		})
	}
}

func FuzzReport(f *testing.F) {
	f.Add([]byte("a\npanic: b\nc"), 3)
	f.Add([]byte("fatal error: stack overflow\n\n"), 1)
	f.Fuzz(func(t *testing.T, in []byte, at int) {
		if at < 0 || at > len(in) {
			return
		}
		var whole, parts report
		whole.add(in)
		parts.add(in[:at])
		parts.add(in[at:])
		if got := whole.bytes(); !bytes.Equal(got, parts.bytes()) || len(got) > reportBytes {
			t.Errorf("%q in two parts: %q, whole: %q", in, parts.bytes(), got)
		}
		if cause := CauseOf(in); len(cause) > 200 || strings.ContainsAny(cause, "\n\r\x1b\x00") {
			t.Errorf("cause %q", cause)
		}
	})
}
