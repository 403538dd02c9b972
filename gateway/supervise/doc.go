// Package supervise is the parent of a node's processes: it starts them, knows whose fault
// it is when one dies, and replaces it; it stops, reloads and upgrades them without a
// refused connection. It knows nothing of HTTP, functions or stores: what a child runs,
// what the two say to each other beyond their life, and what is done about a culprit are
// the caller's.
//
//	systemd, a shell ──▶ supervisor ──▶ children            Spawner, Supervisor, Child
//	                         │  Inheritance, Link           a child's side
//	                         └──────▶ its own successor     Upgrade, Handover
//
// # Life of a child
//
//	Starting ── Link.Ready ──▶ Serving ── Reload, Drain ──▶ Draining ──▶ Gone
//	    │                         │                            ▲
//	    └─ dies, too late ────────┴─ dies, overruns, silent, ──┼─▶ Condemned ──▶ Gone
//	                                 says so: Link.Condemned   │    a successor starts at once
//	                                                           └─ finishes, or is killed
//
// The last step of the ladder that ends a function past its caps is here. A child's own
// watchdog comes first, and condemns its process. Every 20 ms the Supervisor looks at the
// note of what each child runs (Spec.Running) and at its memory, and kills a child whose
// turn took 250 ms of CPU time more than its budget, or whose memory runs away. A child
// that answers no pings is killed too.
//
// Config.Lost is told whose fault it was, before the successor starts: a [Quarantine]
// remembers it, so that the successor doesn't run the culprit again. To blame is who ran
// when the process died of itself. A SIGKILL or SIGTERM from outside is nobody's fault,
// unless the kernel has killed for want of memory, or the one who ran was past its budget.
//
// # Who outlives whom
//
// On Linux the kernel kills a Spawner's children when this process dies, however it dies,
// and nothing is left of their sockets: they have no names. On other Unixes a child sees
// the end of its Link and must end itself; memory is not watched there. Elsewhere
// processes can't be started: the errors are errors.ErrUnsupported.
//
// A successor made by Upgrade is no such child: it outlives us, and takes over the
// listening sockets. What both need alone (a lock, files of a store) goes over in steps:
//
//	old                                    new
//	Upgrade starts it  ─────────────────▶  Adopt, Handover
//	                   ◀── hello ────────  Handover.Accept … waits
//	Release: lets go   ─── go ──────────▶  opens everything, starts its workers
//	                   ◀── serving ──────  Handover.Serving
//	drains, ends                           is the service
//
// When the new process fails or takes too long at any step, it is killed, Resume takes
// everything back, and the old one goes on; its workers have served all along. When the
// old one dies before it has let go, the new one ends: a service manager decides. When it
// dies later, the new one goes on.
//
// # Under systemd
//
// The unit says Type=notify, and KillMode=mixed, so that children are drained by us and
// not told to end beside us. Sockets may come from a socket unit, with
// FileDescriptorName=http. The successor of an upgrade becomes the main process. The first
// process of a container can't be upgraded: everything would end with it.
//
// # A supervisor
//
//	in, err := supervise.Adopt() // first of all, once
//	handover, err := in.Handover(nil)
//	err = handover.Accept(ctx, version) // what follows is ours alone
//	listeners := in.Listeners("http", "admin")
//	front, err := listeners.Listen("http", ":8787")
//	front.Close() // the workers accept; the socket stays open
//	… open stores, the admin API on listeners.Listen("admin", …)
//	in.Close() // what an older version handed over, and nobody took
//
//	spawner := supervise.NewSpawner()
//	workers, err := supervise.New(supervise.Config{
//		Kind: "worker", Count: runtime.NumCPU(), Spawner: spawner, MemoryMax: 512 << 20,
//		Start: func(slot int) (supervise.Spec, error) {
//			n, file, err := note.Create()
//			if err != nil {
//				return supervise.Spec{}, err
//			}
//			http, err := listeners.File("http")
//			return supervise.Spec{
//				Command: supervise.Command{Path: executable, Args: []string{"worker"}, Stdout: os.Stdout, Stderr: os.Stderr,
//					Files: []supervise.File{http, {Name: "note", File: file}}},
//				Running: func(pid int) (supervise.Running, bool) {
//					r := n.Read()
//					if r.Digest == 0 {
//						return supervise.Running{}, false
//					}
//					cpu, _ := r.CPU(pid) // of a dead process: 0, and the digest is what counts
//					return supervise.Running{Culprit: r.Digest, CPU: cpu, Budget: r.Budget}, true
//				},
//				Close: func() { n.Close() },
//			}, err
//		},
//		Lost: func(l supervise.Loss) {
//			if f, ok := functionOf(l.Culprit); ok {
//				quarantine.CostWorker(f, l.Culprit, l.Cause)
//			}
//		},
//	})
//	err = workers.AwaitReady(ctx)
//	err = handover.Serving(ctx)
//	supervise.NotifyReady()
//
//	for sig := range signals {
//		switch sig {
//		case syscall.SIGHUP:
//			err = workers.Reload(ctx)
//		case syscall.SIGUSR2:
//			_, err = supervise.Upgrade(ctx, supervise.UpgradeConfig{Listeners: listeners, Release: …, Resume: …})
//			if err == nil {
//				stop = true
//			}
//		case syscall.SIGTERM, os.Interrupt:
//			stop = true
//		}
//		…
//	}
//	workers.Drain(drainContext)
//	workers.Close()
//	spawner.Close()
//	listeners.Close()
//
// # A worker
//
//	in, err := supervise.Adopt()
//	n, err := note.Open(in.File("note"))
//	link, err := in.Connect(map[string]control.Handler{"routes": …})
//	ln, err := in.Listener("http")
//	go server.Serve(ln)
//	err = link.Ready(ctx)
//	select {
//	case <-link.Draining():
//		ctx, cancel := context.WithTimeout(ctx, link.Patience())
//		err = server.Shutdown(ctx)
//	case <-link.Done(): // only where the kernel has not ended us
//	}
//
// Its watchdog, when a turn can't be ended, answers the culprit's client, stops accepting,
// and calls link.Condemned.
package supervise
