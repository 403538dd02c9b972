package main_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScenarios runs testdata/*.txtar against the real binary. Each has the addresses
// $LISTEN and $ADMIN for a node of its own, and these commands beside testscript's:
//
//	ready                          wait until the node at $ADMIN is ready
//	http METHOD HOST PATH [BODY]   send a request to $LISTEN; status and body to stdout
//	code N COMMAND…                run a command that must exit with code N
func TestScenarios(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		UpdateScripts:       os.Getenv("UPDATE") != "",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(binary)+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Setenv("LISTEN", freeAddress(t))
			env.Setenv("ADMIN", freeAddress(t))
			env.Setenv("SKERRY_NODE", "http://"+env.Getenv("ADMIN"))
			env.Setenv("SKERRY_DATA", filepath.Join(env.WorkDir, "data"))
			env.Setenv("EXAMPLES", filepath.Join(root(t), "examples"))
			env.Setenv("NO_COLOR", "1")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"ready": ready, "http": sendHTTP, "code": exitsWith},
	})
}

func ready(ts *testscript.TestScript, _ bool, _ []string) {
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		r, err := http.Get("http://" + ts.Getenv("ADMIN") + "/readyz")
		if err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Fatalf("the node is not ready")
}

func sendHTTP(ts *testscript.TestScript, negate bool, args []string) {
	if len(args) < 3 {
		ts.Fatalf("usage: http METHOD HOST PATH [BODY]")
	}
	r, err := http.NewRequest(args[0], "http://"+ts.Getenv("LISTEN")+args[2], strings.NewReader(strings.Join(args[3:], " ")))
	ts.Check(err)
	r.Host = args[1]
	response, err := client.Do(r)
	ts.Check(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	ts.Check(err)
	_, err = io.WriteString(ts.Stdout(), response.Status+"\n"+string(body)+"\n")
	ts.Check(err)
	if (response.StatusCode >= 400) != negate {
		ts.Check(errors.New(response.Status))
	}
}

func exitsWith(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != want {
		ts.Fatalf("exited with %v, want code %d", err, want)
	}
}
