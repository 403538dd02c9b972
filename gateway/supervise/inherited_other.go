//go:build !unix

package supervise

import (
	"errors"
	"os"
)

func inherited(int, string) (*os.File, error) { return nil, errors.ErrUnsupported }
