//go:build !linux

package supervise

import "errors"

// residentBytes is not known here.
func residentBytes(int) (int64, error) { return 0, errors.ErrUnsupported }

// memoryKills is not known here.
func memoryKills() (uint64, error) { return 0, errors.ErrUnsupported }
