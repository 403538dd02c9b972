package sdkjs_test

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	sdkjs "github.com/skerry-edge/skerry/sdk-js"
)

func TestTemplates(t *testing.T) {
	t.Parallel()
	listed := make(map[string]bool)
	for _, template := range sdkjs.Templates() {
		listed[template.Name] = true
		t.Run(template.Name, func(t *testing.T) {
			t.Parallel()
			checkTemplate(t, template)
		})
	}
	folders, err := os.ReadDir("templates")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		if !listed[f.Name()] {
			t.Errorf("templates/%s is not in the table of templates", f.Name())
		}
	}
}

func checkTemplate(t *testing.T, template sdkjs.Template) {
	files, err := template.Files("tide-table")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 3 {
		t.Errorf("it has %d files, not three", len(files))
	}
	if template.Summary == "" || strings.HasSuffix(template.Summary, ".") {
		t.Errorf("summary %q: want a line without a full stop", template.Summary)
	}
	content := make(map[string]string)
	for _, f := range files {
		content[f.Path] = string(f.Content)
		if strings.Contains(string(f.Content), "my-function") {
			t.Errorf("%s still has the placeholder in it", f.Path)
		}
		if strings.Contains(string(f.Content), `from "`) {
			t.Errorf("%s imports something: a new project must run with nothing installed", f.Path)
		}
	}
	if !strings.HasPrefix(content["README.md"], "# tide-table\n") {
		t.Errorf("README.md begins with %.40q, not with the project's name", content["README.md"])
	}
	manifest := content["skerry.toml"]
	if !strings.HasPrefix(manifest, "name = \"tide-table\"\n") {
		t.Errorf("skerry.toml begins with %.40q, not with the project's name", manifest)
	}
	_, rest, _ := strings.Cut(manifest, `main = "`)
	main, _, _ := strings.Cut(rest, `"`)
	if _, ok := content[main]; !ok {
		t.Errorf("skerry.toml's main is %q, which the template does not have", main)
	}
}

func TestFilesOfAnUnknownTemplate(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "nope", "..", "hello/src"} {
		files, err := sdkjs.Template{Name: name}.Files("x")
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Files of template %q = %d files, error %v; want fs.ErrNotExist", name, len(files), err)
		}
	}
}

func TestFilesAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	first, err := sdkjs.Templates()[0].Files("a")
	if err != nil {
		t.Fatal(err)
	}
	clear(first[0].Content)
	again, err := sdkjs.Templates()[0].Files("a")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(again[0].Content), "\x00") {
		t.Error("writing to a file's content changed the template")
	}
}
