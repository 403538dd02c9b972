package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/skerry-edge/skerry/bundles"
)

// Local keeps bundles as files in a directory:
//
//	sha256/ab/cd…     the bundle whose digest is abcd…
//	corrupt/abcd…     a file that was found not to be what its name says
//	tmp/              files being written
//
// A bundle that Put has acknowledged survives a crash and a power cut.
type Local struct {
	dir string

	// names is held while a name comes to mean another file, so that nobody moves or
	// removes a file that is not the one they looked at.
	names sync.Mutex
}

var _ Store = (*Local)(nil)

// OpenLocal opens the directory dir, making it if need be, and clears what a crash may
// have left unfinished in it. No other process may use dir.
func OpenLocal(dir string) (*Local, error) {
	l := &Local{dir: dir}
	if err := l.prepare(); err != nil {
		return nil, fmt.Errorf("open bundle directory: %w", noSpace(err))
	}
	return l, nil
}

func (l *Local) prepare() error {
	if err := os.RemoveAll(l.temp()); err != nil {
		return err
	}
	for _, dir := range []string{l.temp(), l.blobs(), l.setAsidePath("")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	return errors.Join(syncDir(l.dir), syncDir(filepath.Dir(l.dir)))
}

func (l *Local) temp() string  { return filepath.Join(l.dir, "tmp") }
func (l *Local) blobs() string { return filepath.Join(l.dir, "sha256") }

func (l *Local) path(d bundles.Digest) string {
	return filepath.Join(l.blobs(), string(d[:2]), string(d[2:]))
}

func (l *Local) setAsidePath(d bundles.Digest) string {
	return filepath.Join(l.dir, "corrupt", string(d))
}

// Put keeps data under d; see [Store].
func (l *Local) Put(ctx context.Context, d bundles.Digest, data []byte) error {
	if err := checkPut(d, data); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := l.write(d, data); err != nil {
		return fmt.Errorf("put bundle %s: %w", d, noSpace(err))
	}
	return nil
}

func (l *Local) write(d bundles.Digest, data []byte) error {
	path := l.path(d)
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	unfinished, err := writeTemp(l.temp(), string(d), data)
	if err != nil {
		return err
	}
	l.names.Lock()
	err = os.Rename(unfinished, path)
	l.names.Unlock()
	if err != nil {
		return errors.Join(err, os.Remove(unfinished))
	}
	// Both directories, even if this call did not make the inner one: the call that did
	// may have been cut before it made the name durable.
	return errors.Join(syncDir(filepath.Dir(path)), syncDir(l.blobs()))
}

// Get returns the bundle that d names; see [Store]. A corrupt file is moved aside, so that
// the next Get says ErrNotFound.
func (l *Local) Get(ctx context.Context, d bundles.Digest) ([]byte, error) {
	if _, err := bundles.ParseDigest(string(d)); err != nil {
		return nil, fmt.Errorf("get bundle: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	data, err := l.read(d)
	if errors.Is(err, ErrCorrupt) {
		data, err = l.setAside(d)
	}
	if err != nil {
		return nil, fmt.Errorf("get bundle %s: %w", d, err)
	}
	return data, nil
}

func (l *Local) read(d bundles.Digest) ([]byte, error) {
	path := l.path(d)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	if info.Size() > bundles.EncodedBytesMax {
		return nil, fmt.Errorf("%w: %s has %d bytes", ErrCorrupt, path, info.Size())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if bundles.DigestOf(data) != d {
		return nil, fmt.Errorf("%w: %s", ErrCorrupt, path)
	}
	return data, nil
}

// setAside moves d's corrupt file out of the way, unless a Put has mended it meanwhile.
func (l *Local) setAside(d bundles.Digest) ([]byte, error) {
	l.names.Lock()
	defer l.names.Unlock()
	data, err := l.read(d)
	if !errors.Is(err, ErrCorrupt) {
		return data, err
	}
	aside, now := l.setAsidePath(d), time.Now()
	if moveErr := os.Rename(l.path(d), aside); moveErr != nil {
		return nil, errors.Join(err, moveErr)
	}
	// Sweep goes by the time that the file was found out.
	return nil, errors.Join(fmt.Errorf("%w, set aside as %s", err, aside), os.Chtimes(aside, now, now))
}

// Sweep removes what keep says no to; see [Store]. It also removes what was set aside as
// corrupt more than grace ago.
func (l *Local) Sweep(ctx context.Context, keep func(bundles.Digest) bool, grace time.Duration) (Swept, error) {
	swept, err := l.sweep(ctx, keep, time.Now().Add(-grace))
	if err != nil {
		return swept, fmt.Errorf("sweep bundle directory: %w", err)
	}
	return swept, nil
}

func (l *Local) sweep(ctx context.Context, keep func(bundles.Digest) bool, before time.Time) (Swept, error) {
	var swept Swept
	fans, err := os.ReadDir(l.blobs())
	if err != nil {
		return swept, err
	}
	for _, fan := range fans {
		if !fan.IsDir() {
			continue
		}
		files, err := os.ReadDir(filepath.Join(l.blobs(), fan.Name()))
		if err != nil {
			return swept, err
		}
		for _, file := range files {
			if err := ctx.Err(); err != nil {
				return swept, err
			}
			d := bundles.Digest(fan.Name() + file.Name())
			if !d.Valid() || keep(d) {
				continue // what is no bundle is not ours to remove
			}
			removed, bytes, err := l.removeOlder(l.path(d), before)
			if err != nil {
				return swept, err
			}
			if removed {
				swept = swept.add(Swept{Bundles: 1, Bytes: bytes})
			}
		}
	}
	return swept, l.sweepAside(before)
}

func (l *Local) sweepAside(before time.Time) error {
	files, err := os.ReadDir(l.setAsidePath(""))
	if err != nil {
		return err
	}
	for _, file := range files {
		if _, _, err := l.removeOlder(l.setAsidePath(bundles.Digest(file.Name())), before); err != nil {
			return err
		}
	}
	return nil
}

// removeOlder removes the file at path if it was written before the given time, and says
// whether it did and how many bytes that was.
func (l *Local) removeOlder(path string, before time.Time) (removed bool, bytes int64, err error) {
	l.names.Lock()
	defer l.names.Unlock()
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, 0, nil
	}
	if err != nil || !info.ModTime().Before(before) {
		return false, 0, err
	}
	if err := os.Remove(path); err != nil {
		return false, 0, err
	}
	return true, info.Size(), nil
}
