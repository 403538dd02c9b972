package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/skerry-edge/skerry/gateway/admin"
)

func TestWhereTheNodeAndItsTokenComeFrom(t *testing.T) {
	t.Parallel()
	dir, other := t.TempDir(), t.TempDir()
	for d, token := range map[string]string{dir: "from the file\n", other: "from the other file"} {
		if err := os.WriteFile(filepath.Join(d, admin.TokenFile), []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		name        string
		env         map[string]string
		args        []string
		node, token string
	}{
		{"the defaults", map[string]string{"SKERRY_DATA": dir}, nil, "http://127.0.0.1:8788", "from the file"},
		{"a flag for the directory", nil, []string{"--data", dir}, "http://127.0.0.1:8788", "from the file"},
		{"the flag before the environment", map[string]string{"SKERRY_DATA": dir}, []string{"--data", other}, "http://127.0.0.1:8788", "from the other file"},
		{"a token in the environment before the file", map[string]string{"SKERRY_TOKEN": "from the environment", "SKERRY_DATA": dir}, nil, "http://127.0.0.1:8788", "from the environment"},
		{"a token as a flag before all", map[string]string{"SKERRY_TOKEN": "from the environment"}, []string{"--token", "from the flag", "--data", dir}, "http://127.0.0.1:8788", "from the flag"},
		{"a token in the environment before a directory as a flag", map[string]string{"SKERRY_TOKEN": "from the environment"}, []string{"--data", dir}, "http://127.0.0.1:8788", "from the environment"},
		{"a node in the environment", map[string]string{"SKERRY_NODE": "https://a.example", "SKERRY_TOKEN": "t"}, nil, "https://a.example", "t"},
		{"a node as a flag", map[string]string{"SKERRY_NODE": "https://a.example", "SKERRY_TOKEN": "t"}, []string{"--node", "http://b.example:1"}, "http://b.example:1", "t"},
		{"a node without a scheme", map[string]string{"SKERRY_TOKEN": "t"}, []string{"--node", "b.example:1"}, "http://b.example:1", "t"},
		{"empty variables are none", map[string]string{"SKERRY_NODE": "", "SKERRY_TOKEN": "", "SKERRY_DATA": dir}, nil, "http://127.0.0.1:8788", "from the file"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			cmd := &cobra.Command{}
			r := remoteFlags(testTerminal(tc.env), cmd)
			if err := cmd.ParseFlags(tc.args); err != nil {
				t.Fatal(err)
			}
			c, err := r.client()
			if err != nil || c.Node != tc.node || c.Token != tc.token {
				t.Errorf("got %+v, %v; want %s with %q", c, err, tc.node, tc.token)
			}
		})
	}
}

func TestATokenThatIsNotThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := remoteFlags(testTerminal(map[string]string{"SKERRY_DATA": dir}), &cobra.Command{})
	_, err := r.client()
	if want := "there is no " + filepath.Join(dir, admin.TokenFile); exitCode(err) != exitNetwork || errorCode(err) != "unauthorized" || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := os.WriteFile(filepath.Join(dir, admin.TokenFile), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var problem *admin.Problem
	if _, err := r.client(); err == nil || errors.As(err, &problem) || !strings.Contains(err.Error(), "is empty") {
		t.Errorf("an empty file: %v", err)
	}
}

// TestCommandsWithDataOfTheirOwn: invoke has --data for the body.
func TestCommandsWithDataOfTheirOwn(t *testing.T) {
	t.Parallel()
	cmd := &cobra.Command{}
	body := cmd.Flags().String("data", "", "")
	r := remoteFlags(testTerminal(nil), cmd)
	if err := cmd.ParseFlags([]string{"--data", "body", "--data-dir", "dir"}); err != nil || *body != "body" || r.data != "dir" {
		t.Errorf("the body is %q and the directory %q, %v", *body, r.data, err)
	}
}
