package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Tests against hostile scripts on the real binary. `make torture-js` runs them in full:
//
//	SKERRY_TORTURE=1         run them
//	SKERRY_TORTURE_ROUNDS=N  requests for each script; else 20
//	SKERRY_TORTURE_ONLY=RE   only scripts whose name this regular expression matches
//	SKERRY_TORTURE_OUT=DIR   where tables are written, a file for each test

// needsTorture skips a test that takes long, unless it is asked for.
func needsTorture(t testing.TB) {
	t.Helper()
	if os.Getenv("SKERRY_TORTURE") == "" {
		t.Skip("SKIPPED: this takes minutes; make torture-js runs it")
	}
}

// TestHostileScripts is a small part of TestTortureJS: one script of each kind, and nothing
// is asserted about time.
func TestHostileScripts(t *testing.T) {
	t.Parallel()
	needs(t, "--workers")
	names := []string{
		"loop-while", "flat-cyclic", "deep-native-valueof", "iterator-native-set", "arraylike-scan", "reflect-apply-huge", "bigint-square",
		"backref-right-or-nothing", "hog-arrays", "hog-buffers", "async-spin-inside", "throw-proxy-spin", "console-lines", "garbage-buffers", "deep-generator-self",
	}
	if os.Getenv("SKERRY_SHARED") != "" {
		names[0] = "loop-trycatch"
	} else {
		names = names[1:]
	}
	for _, mode := range modes(t) {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			run := torture{mode: mode, attacks: chosen(t, names...), rounds: 2, rate: 20}
			run.run(t)
			run.check(t)
		})
	}
}

// TestTortureJS sends requests to every hostile script, each the handler of a function of its
// own, while a neighbour function has traffic, and holds the node to what docs promise.
func TestTortureJS(t *testing.T) {
	needsTorture(t)
	if os.Getenv("SKERRY_SHARED") == "" {
		t.Log("SKERRY_SHARED names no further list: only our own scripts run")
	}
	only := regexp.MustCompile(os.Getenv("SKERRY_TORTURE_ONLY"))
	rounds := 20
	if text := os.Getenv("SKERRY_TORTURE_ROUNDS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		rounds = n
	}
	for _, mode := range modes(t) {
		t.Run(mode.name, func(t *testing.T) {
			run := torture{mode: mode, rounds: rounds, rate: 200, full: true}
			for _, a := range attacks(t) {
				if only.MatchString(a.name) {
					run.attacks = append(run.attacks, a)
				}
			}
			run.run(t)
			run.check(t)
		})
	}
}

// mode is a way to run a node.
type mode struct {
	name   string
	args   []string
	jailed bool // a function's death costs its own request a 502, and nobody anything else
}

// modes are those that the binary has.
func modes(t testing.TB) []mode {
	t.Helper()
	all := []mode{{name: "serve"}}
	if has(t, "--untrusted") {
		all = append(all, mode{name: "untrusted", args: []string{"--untrusted", "jail"}, jailed: true})
	}
	return all
}

// torture is one run and what came of it.
type torture struct {
	mode
	attacks []attack
	rounds  int  // requests for each attack
	rate    int  // requests a second to the neighbour
	full    bool // times and memory are judged too, and jails are waited for

	scores    []*score
	neighbour *neighbour
	watch     *watch
	restarts  int // of the node itself, which had ended
	jailsLeft int
}

// run pushes and attacks, one script after the other.
func (o *torture) run(t *testing.T) {
	t.Helper()
	s := startServer(t, o.args...)
	boundMemory(t, s.cmd.Process.Pid)
	s.pushNeighbour()
	o.watch = startWatch(t, s.cmd.Process.Pid)
	o.neighbour = startNeighbour(t, s.listen, o.rate)
	for _, a := range o.attacks {
		c := &score{attack: a}
		o.scores = append(o.scores, c)
		if c.refused = s.pushAttack(a, tortureLimits); c.refused != "" && o.revive(s) {
			t.Logf("%s was refused when the node was gone: %s", a.name, c.refused)
			c.refused = s.pushAttack(a, tortureLimits)
		}
		before := o.watch.lost()
		o.watch.recently()
		for range o.rounds {
			if c.refused != "" {
				break
			}
			end, head := s.attackOnce(t.Context(), a)
			c.add(end, head)
			if end == endHung || end == endClosed {
				o.revive(s)
			}
		}
		c.lost, c.held = o.watch.lost()-before, o.watch.recently()
		t.Log(c.line())
	}
	o.neighbour.stop()
	o.watch.stop()
	if o.full {
		o.jailsLeft = o.waitForJails(s)
	}
	o.write(t)
}

// revive starts the node again if it has ended or does not answer any more, which is a
// failure by itself: the rest of the table is still worth having. It says whether it did.
func (o *torture) revive(s *server) bool {
	for deadline := time.Now().Add(hungAfter); time.Now().Before(deadline) && !s.ended(); time.Sleep(20 * time.Millisecond) {
		if s.answers() {
			return false
		}
	}
	s.t.Logf("the node has ended (%t) or does not answer: %s", s.ended(), s.output.String())
	_ = s.cmd.Process.Kill() // it may be gone already
	<-s.exited
	o.restarts++
	s.restart()
	boundMemory(s.t, s.cmd.Process.Pid)
	o.watch.move(s.cmd.Process.Pid)
	return true
}

func (o *torture) modeJails(s *server) []process {
	return slices.DeleteFunc(processes(s.cmd.Process.Pid), func(p process) bool { return !p.is("jail") })
}

// waitForJails waits until idle jails are reaped, and returns how many are not.
func (o *torture) waitForJails(s *server) int {
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		if n := len(o.modeJails(s)); n == 0 || time.Now().After(deadline) {
			return n
		}
	}
}

// all puts the requests of all attacks together.
func (o *torture) all() (ends map[string]int, heads []time.Duration) {
	ends = make(map[string]int)
	for _, c := range o.scores {
		for end, n := range c.ends {
			ends[end] += n
		}
		heads = append(heads, c.heads...)
	}
	slices.Sort(heads)
	return ends, heads
}

func (o *torture) summary() string {
	ends, heads := o.all()
	var b strings.Builder
	refused, lost := 0, 0
	for _, c := range o.scores {
		lost += c.lost
		if c.refused != "" {
			refused++
		}
	}
	load, _ := os.ReadFile("/proc/loadavg") // for the reader, who can do without
	fmt.Fprintf(&b, "mode        %s, on %d cores with load %s\n", o.name, runtime.NumCPU(), strings.TrimSpace(string(load)))
	fmt.Fprintf(&b, "scripts     %d, %d refused at push\n", len(o.scores), refused)
	fmt.Fprintf(&b, "requests    %d: %s\n", len(heads), counts(ends))
	fmt.Fprintf(&b, "closed      %.2f %%\n", 100*float64(ends[endClosed])/float64(max(1, len(heads))))
	fmt.Fprintf(&b, "latency     p50 %s ms, p99 %s ms, max %s ms\n", millis(percentile(heads, 50)), millis(percentile(heads, 99)), millis(percentile(heads, 100)))
	fmt.Fprintf(&b, "processes   node ended %d times, %d children lost, at most %d workers and %d jails, %d jails left\n", o.restarts, lost, o.watch.workers, o.watch.jails, o.jailsLeft)
	fmt.Fprintf(&b, "neighbour   %s\n", o.neighbour)
	fmt.Fprintf(&b, "resident    peak %d MB, %d MB above what is allowed (negative: below) in %d samples\n", o.watch.peak>>20, o.watch.excess>>20, o.watch.samples)
	return b.String()
}

// write prints the summary, and the table to a file.
func (o *torture) write(t *testing.T) {
	t.Helper()
	t.Log("\n" + o.summary())
	lines := []string{scoreHeader}
	for _, c := range o.scores {
		lines = append(lines, c.line())
	}
	writeTable(t, o.summary()+"\n"+strings.Join(lines, "\n")+"\n")
}

// writeTable writes a test's figures to its file in SKERRY_TORTURE_OUT.
func writeTable(t testing.TB, text string) {
	t.Helper()
	dir := os.Getenv("SKERRY_TORTURE_OUT")
	if dir == "" {
		return
	}
	path := filepath.Join(dir, strings.NewReplacer("/", "-").Replace(t.Name())+".txt")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// check holds what came of a run against what is promised.
func (o *torture) check(t *testing.T) {
	t.Helper()
	if o.restarts > 0 {
		t.Errorf("the node ended %d times", o.restarts)
	}
	for _, c := range o.scores {
		if n := c.ends[endHung] + c.ends[endWrong] + c.ends[endAlien]; n > 0 {
			t.Errorf("%s: %d requests ended neither with a name nor with a right answer: %s", c.name, n, counts(c.ends))
		}
		if c.ends["internal"] > 0 {
			t.Errorf("%s: %d requests met a fault of the engine: %s", c.name, c.ends["internal"], counts(c.ends))
		}
	}
	ends, heads := o.all()
	share, requests := o.neighbour.successes()
	switch {
	case requests == 0:
		t.Error("the neighbour had no traffic: the test shows nothing about it")
	case o.jailed && (share < 1 || ends[endClosed] > 0):
		t.Errorf("with jails a neighbour and a connection lose nothing; %d connections were closed; neighbour: %s", ends[endClosed], o.neighbour)
	case o.full && share < 0.998:
		t.Errorf("neighbour: %s", o.neighbour)
	}
	if o.jailsLeft > 0 {
		t.Errorf("%d jails are left when nobody uses them", o.jailsLeft)
	}
	if !o.full {
		return
	}
	if closed := float64(ends[endClosed]) / float64(max(1, len(heads))); closed > 0.03 {
		t.Errorf("%.2f %% of hostile requests saw their connection closed, want at most 3 %%", 100*closed)
	}
	if p := percentile(heads, 99); p > time.Duration(tortureLimits.cpuMS+250)*time.Millisecond {
		t.Errorf("p99 of hostile requests is %s ms", millis(p))
	}
	if p := percentile(heads, 100); p > time.Second {
		t.Errorf("one hostile request took %s ms", millis(p))
	}
	if o.watch.excess > 0 {
		t.Errorf("the node held %d MB more than it may", o.watch.excess>>20)
	}
}
