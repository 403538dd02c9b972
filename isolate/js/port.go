package js

// Port is how goroutines that don't own a VM get turns of it, again and again; see
// [VM.Expect] for once.
type Port struct {
	loop    *loop
	round   uint64
	awaited bool
}

// NewPort makes a port for the event that vm runs. It is called in a turn.
func (vm *VM) NewPort() *Port {
	vm.loop.workContext()
	return &Port{loop: &vm.loop, round: vm.loop.round}
}

// Post runs f in a turn of the VM, when its owner runs its loop. f never runs if the event's
// work was abandoned. Post may be called from any goroutine, and doesn't wait.
func (p *Port) Post(f func()) { p.loop.posted.put(task{p.round, f}) }

// Await says whether the loop is to wait for what will be posted. At first it does not.
// Await is called in a turn.
func (p *Port) Await(awaited bool) {
	if p.awaited == awaited || p.round != p.loop.round {
		return
	}
	p.awaited = awaited
	if awaited {
		p.loop.working++
	} else {
		p.loop.working--
	}
}
