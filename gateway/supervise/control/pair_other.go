//go:build !unix

package control

import (
	"errors"
	"net"
	"os"
)

// Pair is not supported here: there are no sockets that carry files.
func Pair() (a, b *os.File, err error) { return nil, nil, errors.ErrUnsupported }

func rights([]*os.File) ([]byte, error) { return nil, nil }

func rightsSpace(int) int { return 0 }

func receivedFiles([]byte, int) ([]*os.File, error) { return nil, nil }

func connOf(*os.File) (*net.UnixConn, error) { return nil, errors.ErrUnsupported }
