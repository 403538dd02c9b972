package supervise

import (
	"context"
	"fmt"
	"time"
)

// pingsMax is how many pings Config.Silence is divided into. A process is given up for
// pings that were sent and not answered, not for time that passed: when the whole machine
// stood still, nobody is to blame.
const pingsMax = 10

// patrol looks after the children's turns, memory and answers, until the Supervisor is
// closed. It is the last step of the ladder: a process that can still judge itself has
// done so before.
func (s *Supervisor) patrol() {
	ticker := time.NewTicker(s.cfg.Poll)
	defer ticker.Stop()
	pause := s.cfg.Silence / pingsMax
	pinged := time.Now()
	for {
		select {
		case <-s.killed:
			return
		case <-ticker.C:
		}
		ping := pause > 0 && time.Since(pinged) >= pause
		if ping {
			pinged = time.Now()
		}
		for _, c := range s.Children() {
			if v := c.inspect(); v != nil {
				c.kill(*v)
				continue
			}
			if ping && c.Status().State == Serving {
				s.ping(c)
			}
		}
	}
}

// inspect says why the child must not go on, or nil.
func (c *Child) inspect() *verdict {
	status := c.Status()
	if age := time.Since(status.Since); status.State == Starting && age > c.cfg.StartMax {
		return &verdict{cause: fmt.Sprintf("it was not ready after %v", c.cfg.StartMax)}
	}
	r, ok := c.running()
	c.look(r)
	if ok && r.Budget > 0 && r.CPU > r.Budget+c.cfg.Overrun {
		return &verdict{r.Culprit, fmt.Sprintf("a turn took %v of CPU time, and %v was its budget",
			r.CPU.Round(time.Millisecond), r.Budget)}
	}
	if c.cfg.MemoryMax == 0 {
		return nil
	}
	if n, err := residentBytes(status.Pid); err == nil && n > c.cfg.MemoryMax {
		return &verdict{r.Culprit, fmt.Sprintf("memory runs away: %d MB resident, and %d MB are the most", n>>20, c.cfg.MemoryMax>>20)}
	}
	return nil
}

// ping asks a child for a sign of life, and gives it up when it has given none for too long.
func (s *Supervisor) ping(c *Child) {
	c.mu.Lock()
	if c.mu.pinging {
		c.mu.unheard++
		silent := c.mu.unheard >= pingsMax
		c.mu.Unlock()
		if silent {
			culprit := uint64(0)
			if r, ok := c.running(); ok {
				culprit = r.Culprit
			}
			c.kill(verdict{culprit, fmt.Sprintf("it has not answered for %v", s.cfg.Silence)})
		}
		return
	}
	c.mu.pinging, c.mu.unheard = true, 0
	c.mu.Unlock()
	s.running.Go(func() {
		if err := c.Call(context.Background(), methodPing, nil, nil); err != nil {
			return // its connection has ended, which is seen elsewhere
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.mu.pinging = false
	})
}
