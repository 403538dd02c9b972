//go:build !unix

package supervise

import (
	"errors"
	"os"
)

// forkExec is not supported here: files can't be handed to a child.
func forkExec(string, []string, []string, []*os.File, *processAttributes) (*os.Process, error) {
	return nil, errors.ErrUnsupported
}
