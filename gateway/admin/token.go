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
	// Written aside and linked into place: a node that dies in between leaves no half of it.
	temp := path + ".new"
	if err := os.WriteFile(temp, []byte(token), 0o600); err != nil {
		return "", fmt.Errorf("write the admin token: %w", err)
	}
	if err := os.Rename(temp, path); err != nil {
		return "", fmt.Errorf("write the admin token: %w", err)
	}
	return token, nil
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
