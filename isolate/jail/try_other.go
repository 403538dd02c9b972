//go:build !unix

package jail

import "net"

// trier writes nothing here: all writing is left to the goroutine that may wait.
type trier struct{}

func newTrier(net.Conn) trier { return trier{} }

func (trier) write([]byte) (int, error) { return 0, nil }
