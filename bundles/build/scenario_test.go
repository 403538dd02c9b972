package build_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/skerry-edge/skerry/bundles/build"
)

// Each file of testdata/build is a project, after a comment that ends with what must be so:
//
//	has TEXT        the script contains the text
//	lacks TEXT      it does not
//	module NAME     the bundle has the file beside its script (no-module: it has not)
//	input NAME      the build read the file
//	error TEXT      the build fails, and says so
//	warning TEXT    a warning says so; there are no warnings but these
func TestScenarios(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/build/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d scenarios, %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			project := make(files)
			for _, f := range archive.Files {
				text := string(f.Data)
				if strings.HasPrefix(text, "→") {
					text = strings.TrimSpace(text)
				}
				project[f.Name] = text
			}
			root := project.write(t)
			for _, minify := range []bool{false, true} {
				s := scenario{T: t, minify: minify}
				s.result, s.err = build.Build(context.Background(), load(t, root), build.Options{Minify: minify})
				s.check(string(archive.Comment))
			}
		})
	}
}

type scenario struct {
	*testing.T
	minify  bool
	result  *build.Result
	err     error
	frames  string
	expects int // errors
}

func (s *scenario) check(comment string) {
	var wrong *build.Error
	if errors.As(s.err, &wrong) {
		s.frames = wrong.Frame()
	} else if s.err != nil {
		s.Fatal(s.err)
	} else {
		checkScript(s.T, string(s.result.Bundle.Script))
	}
	_, claims, _ := strings.Cut(comment, "\n\n")
	warnings := 0
	for claim := range strings.Lines(claims) {
		what, text, ok := strings.Cut(strings.TrimSuffix(claim, "\n"), " ")
		if !ok {
			s.Fatalf("no claim: %q", claim)
		}
		if what == "warning" {
			warnings++
		}
		s.claim(what, text)
	}
	if s.err != nil && s.expects == 0 {
		s.Fatal("\n" + s.frames)
	}
	if s.err == nil && len(s.result.Warnings) != warnings {
		s.Errorf("warnings %v, want %d", s.result.Warnings, warnings)
	}
}

func (s *scenario) claim(what, text string) {
	if what == "error" {
		s.expects++
		if !strings.Contains(s.frames, text) {
			s.Errorf("no error with %q", text)
			defer s.Log("\n" + s.frames)
		}
		return
	}
	if s.err != nil {
		s.Fatal("\n" + s.frames)
	}
	b := s.result.Bundle
	script := string(b.Script)
	switch what {
	case "has":
		if !s.minify && !strings.Contains(script, text) {
			s.Errorf("%q is not in\n%s", text, script)
		}
	case "lacks":
		if strings.Contains(script, text) {
			s.Errorf("%q is in\n%s", text, script)
		}
	case "module", "no-module":
		if _, ok := b.Modules[text]; ok != (what == "module") {
			s.Errorf("modules are %v", b.Modules)
		}
	case "input":
		if !slices.Contains(s.result.Inputs, text) {
			s.Errorf("inputs are %v", s.result.Inputs)
		}
	case "warning":
		if !slices.ContainsFunc(s.result.Warnings, func(m build.Message) bool { return strings.Contains(m.Frame(), text) }) {
			s.Errorf("no warning with %q, but %v", text, s.result.Warnings)
		}
	default:
		s.Fatalf("no such claim: %s", what)
	}
}
