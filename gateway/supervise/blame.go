package supervise

import "syscall"

// blame says whose fault a death is: of who ran, unless the way in which the process ended
// says that nobody's. A kill from outside hits whoever happens to run.
func (c *Child) blame(exit Exit) uint64 {
	r, ok := c.running()
	if !ok {
		return 0
	}
	switch exit.Signal {
	case 0:
		if exit.OK() {
			return 0
		}
	case syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP:
		return 0
	case syscall.SIGKILL:
		if !c.killedForMemory() && !c.wasOver(r) {
			return 0
		}
	}
	return r.Culprit
}

// killedForMemory says whether the kernel may have killed the process to have its memory.
func (c *Child) killedForMemory() bool {
	now, err := memoryKills()
	return err != nil || now != c.memoryKills
}

// wasOver says whether the function was past its budget when it was looked at last.
func (c *Child) wasOver(r Running) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.over == r.Culprit
}

// look notes whether what runs is past its budget.
func (c *Child) look(r Running) {
	over := uint64(0)
	if r.Budget > 0 && r.CPU > r.Budget {
		over = r.Culprit
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.over = over
}
