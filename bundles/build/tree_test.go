package build

import (
	"errors"
	"fmt"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
)

func TestTreeCountsWhatItReads(t *testing.T) {
	t.Parallel()
	files, err := openTree(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer files.close()
	for i := range InputFilesMax {
		if err := files.record(fmt.Sprintf("f%d", i), 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := files.record("f0", 1); err != nil {
		t.Errorf("a file read twice counts twice: %v", err)
	}
	if files.record("one more", 1) == nil {
		t.Error("no bound on files")
	}
}

func TestTreeCountsBytes(t *testing.T) {
	t.Parallel()
	files, err := openTree(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer files.close()
	var size *bundles.SizeError
	if err := files.record("a", InputBytesMax); err != nil {
		t.Fatal(err)
	}
	if err := files.record("b", 1); !errors.As(err, &size) || size.Bytes != InputBytesMax+1 {
		t.Errorf("got %v", err)
	}
}

func TestSideEffectPatterns(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		glob, file string
		matches    bool
	}{
		{"*.css", "a.css", true}, {"*.css", "deep/a.css", true}, {"*.css", "a.css.js", false},
		{"./a.js", "a.js", true}, {"./a.js", "deep/a.js", false}, {"a/*.js", "a/b.js", true}, {"a/*.js", "a/b/c.js", false},
		{"a/**/c.js", "a/c.js", true}, {"a/**/c.js", "a/x/y/c.js", true}, {"a/**", "a/x/y", true}, {"?.js", "a.js", true}, {"?.js", "ab.js", false},
		{"./a(b)+.js", "a(b)+.js", true}, {"", "x", true}, {"\xff/x", "anything", true},
	} {
		if got := sideEffectPattern(tc.glob).MatchString(tc.file); got != tc.matches {
			t.Errorf("%q matches %q: %v", tc.glob, tc.file, got)
		}
	}
}
