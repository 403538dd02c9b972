package jail

import "syscall"

// Sockets are the connections that the server has before Serve: a process that closes all
// else must keep them.
func (s *Server) Sockets() []syscall.Conn { return []syscall.Conn{s.control} }
