package fence_test

import (
	"testing"

	"github.com/skerry-edge/skerry/isolate/jail/fence"
)

func TestLayers(t *testing.T) {
	t.Parallel()
	l := fence.Layers{
		{Name: fence.LayerLandlock, Note: "the kernel has none"},
		{Name: fence.LayerSeccomp, InForce: true, Note: "the kernel filters system calls"},
	}
	if got, want := l.String(), "landlock is missing: the kernel has none\nseccomp: the kernel filters system calls"; got != want {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
	if l.InForce(fence.LayerLandlock) || !l.InForce(fence.LayerSeccomp) || l.InForce("moat") {
		t.Error("in force is something else than said")
	}
	if missing := l.Missing(); len(missing) != 1 || missing[0].Name != fence.LayerLandlock {
		t.Errorf("missing: %s", missing)
	}
	if got, want := (&fence.MissingError{Layers: l.Missing()}).Error(), "the process can't be fenced as required: landlock is missing: the kernel has none"; got != want {
		t.Errorf("error %q, want %q", got, want)
	}
}

// A configuration that can't work changes nothing: the test goes on.
func TestConfig(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		cfg  fence.Config
		want string
	}{
		{"negative data", fence.Config{DataBytes: -1}, "fence: Config.DataBytes is -1; use 0 for no bound"},
		{"negative files", fence.Config{OpenFilesMax: -1}, "fence: Config.OpenFilesMax is -1; use 0 for the default"},
		{"negative parent", fence.Config{Parent: -1}, "fence: Config.Parent is -1; use 0 for none"},
		{"relative folder", fence.Config{ReadFolders: []string{"src"}}, `fence: Config.ReadFolders has "src"; use absolute paths`},
	} {
		if _, err := fence.Self(tc.cfg); err == nil || err.Error() != tc.want {
			t.Errorf("%s: error %v, want %s", tc.name, err, tc.want)
		}
	}
}
