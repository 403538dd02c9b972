package jail

import (
	"context"
	"net"

	"github.com/skerry-edge/skerry/isolate"
)

// ServerConfig is what a Server needs.
type ServerConfig struct {
	// Control is the jail's end of the socket pair that its keeper made: [Spec.Control]. The
	// server closes it.
	Control *net.UnixConn

	// Engine configures the engine. Its Host and Load are the server's own: the channels.
	Engine isolate.Config

	// MemoryBytes is what the process may hold, about: the runtime collects harder when it
	// comes near. 0: the runtime's settings stay as they are.
	MemoryBytes int64
}

// Server is the jail's side: it runs the events that come through its channels.
type Server struct{ cfg ServerConfig }

// NewServer returns a Server. The engine is made, and nothing is read yet: a process can
// give up what it must not have before it calls Serve.
func NewServer(cfg ServerConfig) (*Server, error) { return &Server{cfg}, nil }

// Serve takes channels from the keeper and runs their events. It returns nil when the keeper
// asked it to end, or is gone, and all events are over, and [ErrCondemned] when an event can't
// be ended. The process should exit then: in the latter case a goroutine may be spinning.
func (s *Server) Serve(ctx context.Context) error { return ErrCondemned }
