// Package bolt is a kv.Store in one file on this node's disk, kept by bbolt: ordered
// pages, serial transactions, no log to replay.
//
// A [Store] reads in bbolt's transactions on the caller's goroutine, as many at once as
// there are callers. All writing is done by one goroutine, which [Open] starts and
// [Store.Close] ends: it takes whatever writes are waiting and commits them together, so
// that many writers share one sync of the disk and a lone writer never waits for company.
// Between them it removes what has expired.
//
//	Put, Swap, Add, Delete ── queue ──▶ writer ── one transaction ──▶ file
//	Get, List ◀──────────────────── own transaction ────────────────── file
//
// # The file
//
// Three buckets: "data" maps a namespace and key to a record (see record.go), "expiring"
// lists the records that will expire in the order of when, and "meta" says how to read
// the others. Versions are the data bucket's sequence, which only ever grows. bbolt guards
// its own pages too little to notice a flipped bit, so every record carries checksums.
//
// # Disk trouble
//
// On a full disk writes fail with kv.ErrFull, reads go on, and writes succeed again when
// there is room. After any other failure to write, what the disk holds is unknown: reads go on,
// and writes fail with kv.ErrUnavailable until the file is opened anew.
package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"github.com/skerry-edge/skerry/kv"
)

// ErrLocked says that another process, or another Store of this one, has the file open.
var ErrLocked = errors.New("bolt: file is in use")

// lockWait is how long Open waits for another process to let go of the file: long enough
// for one that is just exiting.
const lockWait = 200 * time.Millisecond

// Config says which file a Store keeps, and how.
type Config struct {
	// Path names the file. Its directory must exist, on a disk of this machine: a file
	// system that can lock, link and sync files. The file is created, with mode 0600, if
	// it is absent.
	Path string

	// SizeBytesMax is the size past which the file doesn't grow: writes that would need
	// more fail with kv.ErrFull. The file grows by 16 MiB at a time. 0: as large as the
	// disk allows.
	SizeBytesMax int64

	// SweepInterval is the time between looks for entries that have expired. They are
	// invisible from the millisecond at which they expire; this is about their room.
	// 0: 30 seconds.
	SweepInterval time.Duration

	// Now decides what has expired. nil: time.Now.
	Now func() time.Time
}

func (c Config) withDefaults() Config {
	if c.SweepInterval == 0 {
		c.SweepInterval = 30 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// Validate returns an error that names the field which can't be used.
func (c Config) Validate() error {
	switch {
	case c.Path == "":
		return errors.New("bolt: Config.Path is empty; it names the file to keep entries in")
	case c.SizeBytesMax < 0:
		return fmt.Errorf("bolt: Config.SizeBytesMax is %d; use 0 for no bound", c.SizeBytesMax)
	case c.SweepInterval < 0:
		return fmt.Errorf("bolt: Config.SweepInterval is %v; use 0 for the default", c.SweepInterval)
	}
	return nil
}

// Store is a kv.Store, kv.Swapper and kv.Counter in one file.
type Store struct {
	db     *bbolt.DB
	path   string
	now    func() time.Time
	writer *writer
}

var (
	_ kv.Store   = (*Store)(nil)
	_ kv.Swapper = (*Store)(nil)
	_ kv.Counter = (*Store)(nil)
)

// Names of the buckets, and of the only key in "meta".
var (
	dataBucket     = []byte("data")
	expiringBucket = []byte("expiring")
	metaBucket     = []byte("meta")
	formatKey      = []byte("format")
)

// formatOfFile is what "format" in the meta bucket says of files that this code writes.
const formatOfFile = "skerry kv 1"

// Open opens the store in the file cfg.Path, creating it if it is absent. The caller must
// Close it.
//
// A write that returned nil is on the disk: it survives the end of the process at any
// moment, and a loss of power as far as the disk keeps its word about syncing.
//
// Open returns ErrLocked if the file is in use, kv.ErrCorrupt if it can't be read, and
// kv.ErrFull if there is no room to create it.
func Open(cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	info, err := os.Stat(cfg.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := create(cfg.Path); err != nil {
			return nil, fmt.Errorf("bolt: create %s: %w", cfg.Path, diskError(err))
		}
	case err == nil && info.Size() == 0: // bbolt would take it for a new one
		return nil, openError(cfg.Path, bbolterrors.ErrInvalid)
	}
	db, err := openFile(cfg.Path, cfg.SizeBytesMax)
	if err != nil {
		return nil, openError(cfg.Path, err)
	}
	if err := checkFormat(db); err != nil {
		return nil, errors.Join(openError(cfg.Path, err), db.Close())
	}
	removeLeftovers(cfg.Path)
	s := &Store{db: db, path: cfg.Path, now: cfg.Now}
	s.writer = startWriter(db, cfg)
	return s, nil
}

// Close waits for the writes that are under way, stops the writer and closes the file.
// Calls made later fail with kv.ErrUnavailable.
func (s *Store) Close() error {
	s.writer.close()
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("bolt: close %s: %w", s.path, err)
	}
	return nil
}

// openFile opens the bbolt file at path, which must exist.
func openFile(path string, sizeBytesMax int64) (db *bbolt.DB, err error) {
	// bbolt trusts the pages it reads, so a damaged one may make it panic or look outside
	// of the file. Then it leaves the file mapped, and locked until this process ends.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = damaged(p)
		}
	}()
	return bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout:         lockWait,
		PreLoadFreelist: true,
		FreelistType:    bbolt.FreelistMapType, // the other kind is slow in large files
		MaxSize:         int(sizeBytesMax),
		NoStatistics:    true, // they cost every reader a lock
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			return os.OpenFile(name, flag&^os.O_CREATE, mode) // for creating it there is create
		},
	})
}

// checkFormat returns an error unless db holds a store that this code can read.
func checkFormat(db *bbolt.DB) error {
	return guardedView(db, func(tx *bbolt.Tx) error {
		meta := tx.Bucket(metaBucket)
		if meta == nil || tx.Bucket(dataBucket) == nil || tx.Bucket(expiringBucket) == nil {
			return errors.New("it is a bbolt file, but not a store of this program; give another path")
		}
		if got := string(meta.Get(formatKey)); got != formatOfFile {
			return fmt.Errorf("its format is %q, and this version reads %q; use the version that wrote it", got, formatOfFile)
		}
		return nil
	})
}

// openError says in words that an operator can act on why path could not be opened.
func openError(path string, err error) error {
	switch {
	case errors.Is(err, bbolterrors.ErrTimeout):
		return fmt.Errorf("%w: %s: stop the process that has it open, or give another path", ErrLocked, path)
	case errors.Is(err, bbolterrors.ErrInvalid), errors.Is(err, bbolterrors.ErrChecksum),
		errors.Is(err, bbolterrors.ErrVersionMismatch), errors.Is(err, kv.ErrCorrupt):
		return fmt.Errorf("%w: open %s: %v: restore a copy, or move the file away to start empty", kv.ErrCorrupt, path, err)
	default:
		return fmt.Errorf("bolt: open %s: %w", path, diskError(err))
	}
}
