//go:build !unix

package jail

import (
	"errors"
	"net"
	"os"
)

// errNoSockets says that this system can't pass sockets between processes.
var errNoSockets = errors.New("jail: this system has no sockets that can be passed between processes")

func socketPair() (a, b *os.File, err error) { return nil, nil, errNoSockets }

func unixConn(*os.File) (*net.UnixConn, error) { return nil, errNoSockets }

func sendControl(*net.UnixConn, controlMessage, *os.File) error { return errNoSockets }

func receiveControl(*net.UnixConn) (controlMessage, *os.File, error) {
	return controlMessage{}, nil, errNoSockets
}

func hungUp(files []*os.File) []bool { return make([]bool, len(files)) }
