package supervise

import (
	"bytes"
	"io"
	"strings"
)

// reportBytes is how much of a process' stderr is kept.
const reportBytes = 8 << 10

// crashMarks begin the lines by which Go's runtime says why it ends the process, the most
// telling first.
var crashMarks = []string{
	"fatal error: ",
	"panic: ",
	"runtime: out of memory",
	"runtime: goroutine stack exceeds",
	"SIGSEGV: ", "SIGBUS: ", "SIGILL: ", "SIGFPE: ", "SIGABRT: ",
	"unexpected fault address",
	"WARNING: DATA RACE",
}

// markBytes is how much of a line is looked at for a mark.
const markBytes = 40

// CauseOf finds in what a Go process wrote to stderr why it ended: "fatal error: stack
// overflow", "panic: …", in one line of at most 200 bytes, empty when it doesn't say.
func CauseOf(stderr []byte) string {
	for _, mark := range crashMarks {
		if line := lastLine(stderr, mark); line != "" {
			return line
		}
	}
	return ""
}

// lastLine returns the last line that begins with mark.
func lastLine(text []byte, mark string) string {
	at := bytes.LastIndex(text, []byte("\n"+mark)) + 1
	if at == 0 && !bytes.HasPrefix(text, []byte(mark)) {
		return ""
	}
	line, _, _ := bytes.Cut(text[at:], []byte("\n"))
	return oneLine(string(line))
}

// oneLine makes text fit into a line of a log.
func oneLine(text string) string {
	const most = 200
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.TrimSpace(text))
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}

// report keeps of a process' stderr what tells how it ended: the last bytes, or from the
// line on by which the runtime reports a crash the first ones, since a stack trace may be
// long and says least at its end. It belongs to the goroutine that copies.
type report struct {
	kept  []byte // at most 2*reportBytes while there is no mark, reportBytes after it
	line  []byte // the present line's first markBytes
	crash bool   // kept begins with a mark
	skip  bool   // the present line has shown whether it has a mark
}

// copy reads all of in and keeps a report of it. Errors of out don't stop the reading.
func (r *report) copy(in io.Reader, out io.Writer) {
	chunk := make([]byte, 4<<10)
	for {
		n, err := in.Read(chunk)
		r.add(chunk[:n])
		if out != nil && n > 0 {
			out.Write(chunk[:n])
		}
		if err != nil {
			return
		}
	}
}

func (r *report) add(chunk []byte) {
	for len(chunk) > 0 {
		end := bytes.IndexByte(chunk, '\n') + 1
		if end == 0 {
			end = len(chunk)
		}
		r.addPart(chunk[:end])
		chunk = chunk[end:]
	}
}

// addPart takes a line, or a part of one.
func (r *report) addPart(part []byte) {
	r.keep(part)
	if !r.skip {
		begin := part[:min(len(part), markBytes-len(r.line))]
		r.line = append(r.line, begin...)
		if hasMark(r.line) {
			// A later mark says more than the one before: a panic that became fatal.
			r.crash, r.skip = true, true
			r.kept = append(r.kept[:0], r.line...)
			r.keep(part[len(begin):])
		}
	}
	if part[len(part)-1] == '\n' {
		r.line, r.skip = r.line[:0], false
	} else if len(r.line) == markBytes {
		r.skip = true
	}
}

func hasMark(line []byte) bool {
	for _, mark := range crashMarks {
		if bytes.HasPrefix(line, []byte(mark)) {
			return true
		}
	}
	return false
}

func (r *report) keep(part []byte) {
	if r.crash {
		part = part[:min(len(part), reportBytes-len(r.kept))]
	}
	r.kept = append(r.kept, part...)
	if !r.crash && len(r.kept) > 2*reportBytes {
		r.kept = r.kept[:copy(r.kept, r.kept[len(r.kept)-reportBytes:])]
	}
}

func (r *report) bytes() []byte {
	return bytes.Clone(r.kept[max(0, len(r.kept)-reportBytes):])
}
