// Package fence takes from a process, for good, what it needs to start and its guests must not
// have: files, sockets, other processes. And it bounds from outside how much memory a child
// may hold.
//
// [Self] is called once by a process that will run what strangers wrote, when its runtime, its
// engine and its sockets are up. From then on the process computes, allocates, and talks over
// what it has open; descriptors can still be handed to it over a Unix socket. It can't open,
// create, connect, listen, execute, signal or look at anything, and no descendant or thread of
// it can. There is no way back.
//
// [Groups] belongs to the parent: a [Group] is a control group around one child, with a bound
// of memory that the kernel enforces, on that child alone, and an account of the death.
//
//	parent                                   child
//	Groups.New ─▶ Group
//	start ─────────────────────────────────▶ runtime, engine, sockets
//	Group.Add                                Self(Config) ─▶ Layers
//	first work ────────────────────────────▶ runs what strangers wrote
//	wait, Group.OOMKills, Group.Close
//
// # Layers
//
// What Self does is many small things, each a [Layer], and each may be missing: an old
// kernel, a container that forbids it, a build for another system. A layer says so in a
// sentence, for a log at start-up and for a page of health; Config.Require makes it an error.
// Linux has them all, without user namespaces and with or without root. Other systems have
// none but the empty environment.
//
// The system call filter is a list of what is allowed. What is not fails with EPERM, as if by
// permission, and doesn't kill: a guest that tries learns nothing more, a bug of ours is an
// error in a log instead of a lost process, and whoever wants to end a guest for trying has
// the error to go by.
//
// # Limits
//
// Machine code can't be made: memory is never executable and writable in turn. An engine that
// compiles to machine code has to interpret in here.
//
// What a program reads from the disk at first use must be read before Self: it reads the local
// time zone itself, and nothing else.
//
// The number of a user's processes (RLIMIT_NPROC) is not bounded, as it counts what the same
// user runs elsewhere, and threads: [Limits].ProcessesMax is for that.
package fence
