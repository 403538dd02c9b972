package jail

import (
	"time"

	"github.com/skerry-edge/skerry/isolate"
)

// Settle sets how long a jail that was just used is safe from making room for another.
func (k *Keeper) Settle(d time.Duration) { k.settle = d }

// NewServerWithConsole returns a Server whose functions call console in their turns.
func NewServerWithConsole(cfg ServerConfig, console func(isolate.LogLine)) (*Server, error) {
	return newServer(cfg, console)
}
