package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// WriteFile makes data the content of the file at path, in one step: after a crash or a
// power cut the file is what it was before or has all of data, and once WriteFile has
// returned nil it has data. The directory of path must exist. temp is a directory on the
// same file system for the unfinished file, which is removed on failure; a crash may leave
// one there, with a name that ends in ".tmp". The file's mode is 0600. A file system
// without room gives ErrFull.
func WriteFile(path, temp string, data []byte) error {
	unfinished, err := writeTemp(temp, filepath.Base(path), data)
	if err != nil {
		return noSpace(err)
	}
	if err := os.Rename(unfinished, path); err != nil {
		return noSpace(errors.Join(err, os.Remove(unfinished)))
	}
	return noSpace(syncDir(filepath.Dir(path)))
}

// writeTemp writes data to a new file in dir, to the disk, and returns the file's path.
func writeTemp(dir, base string, data []byte) (path string, err error) {
	f, err := os.CreateTemp(dir, base+".*.tmp")
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// syncDir makes the names in dir durable.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// noSpace marks the errors of a file system that has no room, for data or for names.
func noSpace(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}
