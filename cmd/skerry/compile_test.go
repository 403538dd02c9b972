package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// hostileSource is a project that takes more memory to build than a build may have: texts of
// zeros, which take none on the disk.
func hostileSource(t *testing.T) string {
	t.Helper()
	var source strings.Builder
	files := make(map[string]string)
	for i := range 16 {
		fmt.Fprintf(&source, "import t%d from \"./%d.txt\"; console.log(t%d);\n", i, i, i)
		files[fmt.Sprintf("%d.txt", i)] = ""
	}
	source.WriteString("export default { fetch() {} };\n")
	files["index.js"] = source.String()
	dir := write(t, files)
	for name := range files {
		if name != "index.js" {
			if err := os.Truncate(filepath.Join(dir, name), 15<<20); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// A build that takes too much ends with an error that says so, and so does the command.
func TestBuildThatTakesTooMuch(t *testing.T) {
	t.Parallel()
	out, err := command(t, "push", hostileSource(t), "--json")
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 4 {
		t.Errorf("%v, want code 4", err)
	}
	var failure struct {
		Error struct{ Code, Message string }
	}
	if err := json.Unmarshal([]byte(out), &failure); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := []string{"the build ran out of memory (512 MB)", "the build took longer than 30s"} // on a machine that is busy
	if failure.Error.Code != "limit" || !slices.Contains(want, failure.Error.Message) {
		t.Errorf("error %+v", failure.Error)
	}
}

// Nobody waits for an answer when stdin has ended: the process that builds ends too.
func TestBuildEndsWithWhoAsked(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(binary, "compile")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	hung := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer hung.Stop()
	if err := json.NewEncoder(in).Encode(map[string]string{"path": hostileSource(t)}); err != nil {
		t.Fatal(err)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("%v, want code 1\n%s", err, errs.String())
	}
}

// A path is taken as it is written, from the folder that the command runs in, and what leads out
// of the project's folder is told as ever, though the process that builds sees nothing there.
func TestBuildSeesItsFolderOnly(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{
		"secret.json":                        `{"secret": "hush"}`,
		"shop/index.js":                      `import s from "../secret.json"; export default { fetch() { return Response.json(s) } }`,
		"link/index.js":                      `import s from "./secret.json"; export default { fetch() { return Response.json(s) } }`,
		"good/skerry.toml":                   `name = "good"`,
		"good/src/index.ts":                  `import { n } from "lib"; export default { fetch(): Response { return new Response(n as string) } }`,
		"good/node_modules/lib/package.json": `{"name": "lib", "main": "main.js"}`,
		"good/node_modules/lib/main.js":      `exports.n = "1";`,
	})
	if err := os.Symlink("../secret.json", filepath.Join(dir, "link", "secret.json")); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ path, want string }{
		{"shop", `"code":"compile_error"`},
		{"link", `"code":"compile_error"`},
		{"good", `"code":"unreachable"`},                // built, and no node to push to
		{"good/src/index.ts", `"code":"compile_error"`}, // its folder is all there is: without node_modules
		{"absent", `"message":"absent: no such file or folder`},
	} {
		t.Run(tc.path, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(binary, "push", tc.path, "--json", "--node", "http://"+freeAddress(t), "--token", "x")
			cmd.Dir = dir
			out, err := cmd.Output()
			if err == nil || !strings.Contains(string(out), tc.want) || strings.Contains(string(out), "hush") {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}
