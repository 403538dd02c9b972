package jail

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// inmate is a jail, as its keeper has it.
type inmate struct {
	keeper   *Keeper
	function string
	since    time.Time
	ready    chan struct{} // closed when it serves
	gone     chan struct{} // closed when it has ended

	mu struct {
		sync.Mutex
		process  Process // nil: not started yet
		control  *net.UnixConn
		serving  bool
		leaving  bool
		meant    bool        // its end is the keeper's doing, and no loss
		killed   string      // why the keeper killed it, if it was at fault
		err      error       // why it could not be started
		over     bool        // it has ended
		late     *time.Timer // kills it if it does not leave; nil: nobody asked it to
		channels []*os.File  // the jail's ends: of each, whether the client has closed its own can be seen
		events   uint32      // under way, by its own account
		used     time.Time   // when it last said so, or was given a channel
	}
}

func newInmate(k *Keeper, function string) *inmate {
	j := &inmate{keeper: k, function: function, since: time.Now(), ready: make(chan struct{}), gone: make(chan struct{})}
	j.mu.used = j.since
	return j
}

// live starts the process and stays until it has ended.
func (j *inmate) live() {
	select {
	case j.keeper.some <- struct{}{}:
	default:
	}
	defer close(j.gone)
	defer j.keeper.remove(j)
	process, control, err := j.start()
	if err != nil {
		j.mu.Lock()
		j.mu.err = err
		j.mu.Unlock()
		return
	}
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		j.hear(control)
	}()
	tooLate := time.AfterFunc(j.keeper.cfg.StartMax, func() {
		select {
		case <-j.ready:
		default:
			j.kill(fmt.Sprintf("it did not serve within %v", j.keeper.cfg.StartMax))
		}
	})
	ended := process.Wait()
	tooLate.Stop()
	// Clients hear of the end when nobody has the jail's ends of their channels any more.
	j.mu.Lock()
	j.mu.over = true
	for _, file := range j.mu.channels {
		file.Close()
	}
	j.mu.channels = nil
	if j.mu.late != nil {
		j.mu.late.Stop()
	}
	j.mu.Unlock()
	control.Close()
	<-heard
	j.bury(ended)
}

// start starts the process.
func (j *inmate) start() (Process, *net.UnixConn, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, nil, err
	}
	defer theirs.Close()
	control, err := unixConn(ours)
	if err != nil {
		return nil, nil, err
	}
	process, err := j.keeper.cfg.Start(j.keeper.ctx, Spec{Function: j.function, Control: theirs})
	if err != nil {
		control.Close()
		return nil, nil, err
	}
	j.mu.Lock()
	j.mu.process, j.mu.control = process, control
	unwanted := j.mu.meant || j.mu.killed != ""
	j.mu.Unlock()
	if unwanted {
		process.Kill()
	}
	return process, control, nil
}

// hear takes what the jail says until it is gone, and kills it if that makes no sense.
func (j *inmate) hear(control *net.UnixConn) {
	for {
		m, file, err := receiveControl(control)
		if file != nil {
			file.Close()
			err = fault("a jail that passes a file")
		}
		if errors.Is(err, ErrFault) {
			j.kill(err.Error())
			return
		}
		if err != nil {
			return
		}
		if err := j.take(m); err != nil {
			j.kill(err.Error())
			return
		}
	}
}

// take takes one message of the jail.
func (j *inmate) take(m controlMessage) error {
	switch m.kind {
	case controlReady:
		j.mu.Lock()
		again := j.mu.serving
		j.mu.serving = true
		j.mu.Unlock()
		if again {
			return fault("a second greeting")
		}
		close(j.ready)
	case controlEvents:
		j.mu.Lock()
		j.mu.events, j.mu.used = m.number, time.Now()
		j.mu.Unlock()
	case controlLeaving:
		j.mu.Lock()
		j.mu.leaving = true
		j.killLateLocked(func() { j.kill("it did not end when it said it would") })
		j.mu.Unlock()
		j.keeper.retire(j)
	default:
		return fault("a control message of the unknown kind %q", m.kind)
	}
	return nil
}

// bury says what the end was, if it was a loss.
func (j *inmate) bury(ended error) {
	j.mu.Lock()
	cause := cmp.Or(j.mu.killed, causeOf(ended))
	left := ended == nil && j.mu.leaving && j.mu.killed == ""
	lost := j.mu.serving && !j.mu.meant && !left && j.function != ""
	if !j.mu.serving {
		j.mu.err = errors.New(cause)
	}
	pid := j.mu.process.Pid()
	j.mu.Unlock()
	if lost && j.keeper.cfg.Lost != nil {
		j.keeper.cfg.Lost(Loss{Function: j.function, Pid: pid, Cause: cause, Memory: errors.Is(ended, ErrMemory)})
	}
}

func causeOf(ended error) string {
	if ended == nil {
		return "exit status 0"
	}
	return ended.Error()
}

// startError says why the jail never served.
func (j *inmate) startError() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.mu.meant {
		return ErrClosed
	}
	return fmt.Errorf("start the jail of %s: %w", j.function, cmp.Or(j.mu.err, ErrGone))
}

// errLeaving says that a jail takes no more channels.
var errLeaving = errors.New("jail: the process is about to end")

// open passes a new channel to the jail and returns its other end. The lock is not held
// meanwhile: the jail may not be reading.
func (j *inmate) open() (*os.File, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	j.mu.Lock()
	j.mu.used = time.Now()
	control, leaving := j.mu.control, j.mu.leaving
	j.mu.Unlock()
	if err = errLeaving; !leaving {
		err = sendControl(control, controlMessage{kind: controlChannel}, theirs)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err == nil && (j.mu.over || j.mu.leaving) {
		err = errLeaving
	}
	if err != nil {
		ours.Close()
		theirs.Close()
		return nil, err
	}
	j.mu.channels = append(j.mu.channels, theirs)
	return ours, nil
}

// idle returns when the jail was used last, and whether it has nothing to do, by its own
// account.
func (j *inmate) idle() (used time.Time, idle bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.mu.used, j.mu.serving && j.mu.events == 0
}

// leave asks the jail to end when its events are over, and kills it when that takes too long.
func (j *inmate) leave() {
	j.mu.Lock()
	control := j.mu.control
	if j.mu.leaving || j.mu.killed != "" || control == nil {
		j.mu.Unlock()
		return
	}
	j.mu.leaving, j.mu.meant = true, true
	j.killLateLocked(j.end)
	j.mu.Unlock()
	// A jail that is gone has left.
	_ = sendControl(control, controlMessage{kind: controlDrain}, nil)
}

// killLateLocked calls kill if the jail has not ended in DrainMax.
func (j *inmate) killLateLocked(kill func()) {
	if j.mu.late == nil && !j.mu.over {
		j.mu.late = time.AfterFunc(j.keeper.cfg.DrainMax, kill)
	}
}

// end kills the jail, which is at no fault.
func (j *inmate) end() {
	j.mu.Lock()
	j.mu.meant = true
	process := j.mu.process
	j.mu.Unlock()
	if process != nil {
		process.Kill()
	}
}

// kill kills the jail, because of what it did.
func (j *inmate) kill(cause string) {
	j.mu.Lock()
	if j.mu.killed == "" {
		j.mu.killed = cause
	}
	process := j.mu.process
	j.mu.Unlock()
	j.keeper.retire(j)
	if process != nil {
		process.Kill()
	}
}

// checkOverrun kills the jail if what runs in it must end.
func (j *inmate) checkOverrun() {
	j.mu.Lock()
	process := j.mu.process
	j.mu.Unlock()
	if process == nil {
		return
	}
	if cause := j.keeper.cfg.Overrun(process); cause != "" {
		j.kill(cause)
	}
}

// checkChannels forgets channels whose clients are gone, and ends a jail that has none left.
func (j *inmate) checkChannels() {
	j.mu.Lock()
	had := len(j.mu.channels)
	left := j.mu.channels[:0]
	for i, gone := range hungUp(j.mu.channels) {
		if gone {
			j.mu.channels[i].Close()
		} else {
			left = append(left, j.mu.channels[i])
		}
	}
	clear(j.mu.channels[len(left):])
	j.mu.channels = left
	unused := j.mu.serving && time.Since(j.mu.used) > j.keeper.cfg.StartMax // nobody took the first channel
	over := len(left) == 0 && (had > 0 || unused) && !j.mu.leaving          // one that leaves ends by itself
	if over {
		j.mu.leaving, j.mu.meant = true, true
	}
	j.mu.Unlock()
	if over {
		j.keeper.retire(j)
		j.end()
	}
}

func (j *inmate) status() JailStatus {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := JailStatus{Function: j.function, Since: j.since, State: "starting", Channels: len(j.mu.channels), Events: int(j.mu.events)}
	if j.mu.process != nil {
		s.Pid = j.mu.process.Pid()
	}
	if j.mu.serving {
		s.State = "serving"
	}
	if j.mu.leaving {
		s.State = "leaving"
	}
	return s
}
