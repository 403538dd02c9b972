package supervise

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrQuarantineFile says that the file is not what was written: it is set aside, and
// functions that had cost a process may cost another.
var ErrQuarantineFile = errors.New("supervise: the file of quarantined functions is damaged, or another version of Skerry wrote it")

// quarantineMagic begins the file, before the checksum of what follows the first line. The
// number goes up with every change of the format.
const quarantineMagic = "skerry-quarantine 1 "

// quarantineBytesMax is how long a file may be.
const quarantineBytesMax = 16 << 20

// loadQuarantine reads the file; without one, nothing. A damaged file is renamed.
func loadQuarantine(path string) ([]Quarantined, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var kept []Quarantined
	err = fmt.Errorf("%w (%d bytes)", ErrQuarantineFile, info.Size())
	if info.Mode().IsRegular() && info.Size() <= quarantineBytesMax {
		var data []byte
		if data, err = os.ReadFile(path); err != nil {
			return nil, err
		}
		kept, err = decodeQuarantine(data)
	}
	if err != nil {
		aside := path + ".corrupt"
		return nil, errors.Join(fmt.Errorf("%w, set aside as %s", err, aside), os.Rename(path, aside))
	}
	return kept, nil
}

func encodeQuarantine(entries []Quarantined) ([]byte, error) {
	body, err := json.Marshal(entries)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	return fmt.Appendf(nil, "%s%x\n%s", quarantineMagic, sum, body), nil
}

func decodeQuarantine(data []byte) ([]Quarantined, error) {
	line, body, _ := bytes.Cut(data, []byte("\n"))
	text, ok := bytes.CutPrefix(line, []byte(quarantineMagic))
	sum := sha256.Sum256(body)
	if !ok || string(text) != hex.EncodeToString(sum[:]) {
		return nil, ErrQuarantineFile
	}
	var entries []Quarantined
	if err := json.Unmarshal(body, &entries); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrQuarantineFile, err)
	}
	return entries, nil
}

// saveQuarantine replaces the file at once, or not at all.
func saveQuarantine(path string, entries []Quarantined) error {
	data, err := encodeQuarantine(entries)
	if err != nil {
		return err
	}
	if err := replaceFile(path, data); err != nil {
		return fmt.Errorf("keep what is quarantined: %w", err)
	}
	return nil
}

// replaceFile writes a file beside the one it then becomes, and sees both to the disk.
func replaceFile(path string, data []byte) (err error) {
	next := path + ".next"
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(next))
	}
	if err := os.Rename(next, path); err != nil {
		return errors.Join(err, os.Remove(next))
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
