//go:build unix

package build_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/skerry-edge/skerry/bundles/build"
)

func TestWhatIsNoFileIsNotOpened(t *testing.T) {
	t.Parallel()
	root := files{"index.js": `import "./pipe.js"; export default {}`, "loop.js": "→loop.js"}.write(t)
	if err := syscall.Mkfifo(filepath.Join(root, "pipe.js"), 0o600); err != nil {
		t.Skipf("SKIPPED: this file system takes no such file: %v", err)
	}
	_, err := build.Build(context.Background(), load(t, root), build.Options{})
	if err == nil || !strings.Contains(err.Error(), "there is no file pipe.js") {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(filepath.Join(root, "index.js"), []byte(`import "./loop.js"; export default {}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := build.Build(context.Background(), load(t, root), build.Options{}); err == nil || !strings.Contains(err.Error(), "there is no file loop.js") {
		t.Errorf("got %v", err)
	}
}
