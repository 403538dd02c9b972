package supervise

import "sync"

// saver writes something when it has changed, on a goroutine of its own: who changes it
// doesn't wait for a disk, and many changes at once are one file.
type saver struct {
	save    func() error
	failed  func(error)
	changed chan struct{} // holds a value when something has changed since the last save
	closing chan struct{}
	closed  sync.Once
	done    chan struct{}
	last    error // of the last save; written before done is closed
}

func startSaver(save func() error, failed func(error)) *saver {
	s := &saver{save: save, failed: failed,
		changed: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{})}
	go s.run()
	return s
}

func (s *saver) run() {
	defer close(s.done)
	for {
		select {
		case <-s.changed:
			s.write()
		case <-s.closing:
			select {
			case <-s.changed:
				s.write()
			default:
			}
			return
		}
	}
}

func (s *saver) write() {
	if s.last = s.save(); s.last != nil {
		s.failed(s.last)
	}
}

// request has the saver write soon.
func (s *saver) request() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// close writes what has changed, ends the goroutine, and returns how the last save ended.
func (s *saver) close() error {
	s.closed.Do(func() { close(s.closing) })
	<-s.done
	return s.last
}
