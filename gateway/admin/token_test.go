package admin_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/gateway/admin"
)

func TestTokenIsMadeOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := admin.ReadToken(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before a node's first start there is a token: %v", err)
	}
	first, err := admin.Token(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := admin.Token(dir)
	if err != nil || again != first || len(first) < 26 {
		t.Errorf("the token is %q, then %q, %v", first, again, err)
	}
	read, err := admin.ReadToken(dir)
	if err != nil || read != first {
		t.Errorf("the commands read %q, %v", read, err)
	}
	other, err := admin.Token(t.TempDir())
	if err != nil || other == first {
		t.Errorf("another node has the token %q, %v", other, err)
	}
}

func TestTokenFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, admin.TokenFile)
	// What a node that died meanwhile, or somebody else, has left.
	if err := os.WriteFile(path+".new", []byte("half of"), 0o644); err != nil {
		t.Fatal(err)
	}
	token, err := admin.Token(dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || string(text) != token {
		t.Errorf("the file holds %q, %v; want the token %q alone", text, err, token)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("its mode is %v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the directory has %v, %v", entries, err)
	}
}

func TestTokenOfAnOperator(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, content, want, err string }{
		{"with a line feed", "mine\n", "mine", ""},
		{"with blanks around it", "  mine\r\n", "mine", ""},
		{"an empty file", "", "", "is empty; remove it, and the node makes a new one when it starts"},
		{"a blank file", "\n", "", "is empty"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, admin.TokenFile)
			if err := os.WriteFile(path, []byte(tc.content), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := admin.Token(dir)
			if got != tc.want || (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Errorf("got %q, %v; want %q, %q", got, err, tc.want, tc.err)
			}
			if text, err := os.ReadFile(path); err != nil || string(text) != tc.content {
				t.Errorf("the file was changed to %q, %v", text, err)
			}
		})
	}
	if _, err := admin.Token(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("a token was written where there is no directory")
	}
}
