package replicate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/skerry-edge/skerry/bundles/store"
)

// stateName is the file in Config.Dir that holds what was served last: one line that says
// what it is, with the checksum of the rest, and a Serving as JSON.
const stateName = "serving.state"

// stateMagic begins the file. The number goes up with every change of the format.
const stateMagic = "skerry-serving 1 "

// errState says that the file is not what was written.
var errState = errors.New("the file that says what this node serves is damaged, or another version of Skerry wrote it")

// state is the file.
type state struct{ dir string }

func (s state) path() string { return filepath.Join(s.dir, stateName) }

// load returns what was saved last, or nil if nothing was. A damaged file is moved aside,
// and said so with errState.
func (s state) load() (*Serving, error) {
	if err := s.clear(); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(s.path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	serving, err := decodeState(data)
	if err != nil {
		aside := s.path() + ".corrupt"
		return nil, errors.Join(fmt.Errorf("%w, set aside as %s", err, aside), os.Rename(s.path(), aside))
	}
	return serving, nil
}

// clear removes the unfinished files that a crash may have left.
func (s state) clear() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), stateName+".") && strings.HasSuffix(e.Name(), ".tmp") {
			if err := os.Remove(filepath.Join(s.dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// save makes serving what the next load returns.
func (s state) save(serving *Serving) error {
	data, err := encodeState(serving)
	if err != nil {
		return err
	}
	if err := store.WriteFile(s.path(), s.dir, data); err != nil {
		return fmt.Errorf("keep what is served: %w", err)
	}
	return nil
}

func encodeState(serving *Serving) ([]byte, error) {
	body, err := json.Marshal(serving)
	if err != nil {
		return nil, err
	}
	return append(stateHead(body), body...), nil
}

func stateHead(body []byte) []byte {
	sum := sha256.Sum256(body)
	return []byte(stateMagic + hex.EncodeToString(sum[:]) + "\n")
}

func decodeState(data []byte) (*Serving, error) {
	_, body, _ := bytes.Cut(data, []byte("\n"))
	if head := stateHead(body); !bytes.HasPrefix(data, head) || len(data) != len(head)+len(body) {
		return nil, fmt.Errorf("%w: its first line does not fit the rest", errState)
	}
	serving := new(Serving)
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(serving); err != nil {
		return nil, fmt.Errorf("%w: %w", errState, err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("%w: something follows its content", errState)
	}
	for _, f := range serving.Functions { // for those who rely on it
		if len(f.Live) == 0 {
			return nil, fmt.Errorf("%w: function %q has no version", errState, f.Name)
		}
	}
	return serving, nil
}
