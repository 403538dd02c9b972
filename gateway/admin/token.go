package admin

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// TokenFile is the name of the file in a node's data directory that holds its token.
const TokenFile = "admin.token"

// Token returns the admin token kept in dir, making one at the first start. The file holds
// the token and nothing else, and only its owner may read it.
func Token(dir string) (string, error) {
	path := filepath.Join(dir, TokenFile)
	token, err := ReadToken(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return token, err
	}
	token = rand.Text()
	if err := writeToken(path, token); err != nil {
		return "", fmt.Errorf("write the admin token: %w", err)
	}
	return token, nil
}

// writeToken writes the token aside and moves it into place: a node that dies in between
// leaves no half of it. The caller has the directory to itself.
func writeToken(path, token string) error {
	temp := path + ".new"
	// One that was left there might be another's to read.
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(token)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(temp, path)
}

// ReadToken returns the admin token kept in dir.
func ReadToken(dir string) (string, error) {
	path := filepath.Join(dir, TokenFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(text))
	if token == "" {
		return "", fmt.Errorf("%s is empty; remove it, and the node makes a new one when it starts", path)
	}
	return token, nil
}

// bearer checks the token of requests. Both sides are hashed, so that the comparison takes
// as long whatever was sent.
type bearer [sha256.Size]byte

func newBearer(token string) bearer { return sha256.Sum256([]byte(token)) }

func (b bearer) allows(r *http.Request) bool {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	sent := sha256.Sum256([]byte(token))
	return ok && strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(sent[:], b[:]) == 1
}
