package bolt

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"go.etcd.io/bbolt"
)

// create makes an empty store at path, if there is nothing.
//
// bbolt's own first write of a file can be torn by a crash and leave one that won't open.
// So the file is made under another name and appears at path only when it is whole. Link,
// unlike rename, replaces nothing: of two processes that create path at once, both go on
// with the file of the first.
func create(path string) error {
	temporary, err := makeTemporary(path)
	if err != nil {
		return err
	}
	defer os.Remove(temporary)
	err = initialize(temporary)
	if err == nil {
		err = os.Link(temporary, path)
	}
	if err != nil && !exists(path) {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

// makeTemporary creates an empty file beside path and returns its name.
func makeTemporary(path string) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+temporaryMark+"*")
	if err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}

// temporaryMark stands in the names that makeTemporary chooses, after that of the file.
const temporaryMark = ".new-"

// removeLeftovers removes what creations of path that were cut short have left behind.
// Only the holder of path's lock may call it: before that, a file might be needed yet.
func removeLeftovers(path string) {
	dir := filepath.Dir(path)
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), filepath.Base(path)+temporaryMark) {
			_ = os.Remove(filepath.Join(dir, e.Name())) // harmless where it stays
		}
	}
}

// initialize makes the empty file name a store. Every byte of it is synced on return.
func initialize(name string) error {
	db, err := openFile(name, 0)
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, bucket := range [][]byte{dataBucket, expiringBucket, metaBucket} {
			if _, err := tx.CreateBucket(bucket); err != nil {
				return err
			}
		}
		return tx.Bucket(metaBucket).Put(formatKey, []byte(formatOfFile))
	})
	return errors.Join(err, db.Close())
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// syncDirectory makes the names in dir survive a loss of power.
func syncDirectory(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // can't sync a directory, and need not
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
