package main

import (
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// testTerminal is a terminal for tests: nobody reads it, and env is its environment.
func testTerminal(env map[string]string) *terminal {
	return &terminal{in: strings.NewReader(""), out: io.Discard, err: io.Discard,
		getenv: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
}

// readSettings parses args of serve and returns what the flags are in the end. A "%" in
// args stands for the file.
func readSettings(t *testing.T, file string, env map[string]string, args ...string) (serveFlags, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "node.toml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "%", path)
	}
	for name, value := range env {
		env[name] = strings.ReplaceAll(value, "%", path)
	}
	term := testTerminal(env)
	cmd := serveCommand(term)
	var f serveFlags
	var err error
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		f.file, err = settings(term, cmd)
		f.listen, _ = cmd.Flags().GetString("listen")
		f.store, _ = cmd.Flags().GetString("store")
		f.memoryMB, _ = cmd.Flags().GetInt("memory-mb")
		f.insecureAdmin, _ = cmd.Flags().GetBool("insecure-admin")
		return nil
	}
	root := &cobra.Command{Use: "skerry", SilenceErrors: true, SilenceUsage: true}
	root.PersistentFlags().BoolVar(&term.json, "json", false, "")
	root.AddCommand(cmd)
	root.SetArgs(append([]string{"serve"}, args...))
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	return f, err
}

func TestFlagsBeatEnvironmentBeatFile(t *testing.T) {
	t.Parallel()
	const file = "listen = \":1\"\nmemory_mb = 1\ninsecure_admin = true\n"
	for _, tc := range []struct {
		name     string
		env      map[string]string
		args     []string
		listen   string
		memoryMB int
		insecure bool
	}{
		{"nothing at all", nil, nil, ":8787", 512, false},
		{"the file", nil, []string{"--config", "%"}, ":1", 1, true},
		{"the file, named by the environment", map[string]string{"SKERRY_CONFIG": "%"}, nil, ":1", 1, true},
		{"the environment", map[string]string{"SKERRY_LISTEN": ":2", "SKERRY_MEMORY_MB": "2", "SKERRY_INSECURE_ADMIN": "true"}, nil, ":2", 2, true},
		{"the environment before the file", map[string]string{"SKERRY_LISTEN": ":2", "SKERRY_INSECURE_ADMIN": "false"}, []string{"--config", "%"}, ":2", 1, false},
		{"flags before both", map[string]string{"SKERRY_LISTEN": ":2"}, []string{"--config", "%", "--listen", ":3", "--insecure-admin=false"}, ":3", 1, false},
		{"a flag with its default before both", map[string]string{"SKERRY_LISTEN": ":2"}, []string{"--config", "%", "--listen", ":8787"}, ":8787", 1, true},
		{"an empty variable is none", map[string]string{"SKERRY_LISTEN": ""}, []string{"--config", "%"}, ":1", 1, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f, err := readSettings(t, file, tc.env, tc.args...)
			if err != nil || f.listen != tc.listen || f.memoryMB != tc.memoryMB || f.insecureAdmin != tc.insecure {
				t.Errorf("got %+v, %v; want %s, %d, %v", f, err, tc.listen, tc.memoryMB, tc.insecure)
			}
		})
	}
}

func TestNodeFile(t *testing.T) {
	t.Parallel()
	f, err := readSettings(t, "store = \"bolt\" # and nothing else\n\n[proxy]\ntrusted = [\"10.0.0.0/8\", \"::1/128\"]\n[egress]\nallow_private = [\"10.1.2.3:443\"]\n", nil, "--config", "%")
	if err != nil || f.store != "bolt" || !slices.Equal(f.file.trusted, []string{"10.0.0.0/8", "::1/128"}) || !slices.Equal(f.file.allowPrivate, []string{"10.1.2.3:443"}) {
		t.Errorf("got %+v, %v", f, err)
	}
	for file, want := range map[string]int{"": 64, "[cache]": 64, "[cache]\nmemory_mb = 7": 7, "[cache]\nmemory_mb = 0": 0} {
		if f, err := readSettings(t, file, nil, "--config", "%"); err != nil || f.file.cacheMegabytes() != want {
			t.Errorf("%q: a cache of %d MiB, %v; want %d", file, f.file.cacheMegabytes(), err, want)
		}
	}
	f, err = readSettings(t, "[cf]\ncolo = \"FRA\"\nasn = 64496\n", nil, "--config", "%")
	if err != nil || !maps.Equal(f.file.cf, map[string]any{"colo": "FRA", "asn": int64(64496)}) {
		t.Errorf("got %+v, %v", f.file.cf, err)
	}
	if f, err := readSettings(t, `insecure-admin = true`, nil, "--config", "%"); err != nil || !f.insecureAdmin {
		t.Errorf("a key written as the flag is: %+v, %v", f, err)
	}
	if f, err := readSettings(t, "", nil, "--config", "%"); err != nil || f.listen != ":8787" {
		t.Errorf("an empty file: %+v, %v", f, err)
	}
}

func TestSettingsThatCantWork(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, file string
		env        map[string]string
		want       string // in the error
	}{
		{"an unknown key", `listne = ":1"`, nil, `unknown key "listne"; did you mean "listen"?`},
		{"an unknown key with an underscore", `memory_md = 1`, nil, `did you mean "memory_mb"?`},
		{"an unknown key that is like none", `colour = "blue"`, nil, `unknown key "colour"; there are admin, cache, cf, data, domain, egress, insecure_admin, listen, memory_mb, proxy, server_timing, store, untrusted, workers`},
		{"the first of two", "zzz = 1\naaa = 1", nil, `unknown key "aaa"`},
		{"an unknown table", "[porxy]\ntrusted = []", nil, `unknown key "porxy"; did you mean "proxy"?`},
		{"an unknown key of a table", "[proxy]\ntrused = []", nil, `unknown key "proxy.trused"; did you mean "proxy.trusted"?`},
		{"a key that would name another file", `config = "other.toml"`, nil, `unknown key "config"`},
		{"a key that is for people", `json = true`, nil, `unknown key "json"`},
		{"a number for a string", `listen = 8787`, nil, "listen: a string is needed"},
		{"a list for a string", `listen = [":1"]`, nil, "listen: a string is needed"},
		{"a table for a string", "[listen]\nport = 1", nil, "listen: a string is needed"},
		{"a string for a number", `memory_mb = "512"`, nil, "memory_mb: a whole number is needed"},
		{"a fraction", `memory_mb = 0.5`, nil, "memory_mb: a whole number is needed"},
		{"a string for a switch", `insecure_admin = "yes"`, nil, "insecure_admin: true or false is needed"},
		{"a wrong type of what a flag has set", `memory_mb = []`, map[string]string{"SKERRY_MEMORY_MB": "1"}, "memory_mb: a whole number is needed"},
		{"a value for a table", `proxy = ["10.0.0.0/8"]`, nil, "proxy: a table is needed: [proxy]"},
		{"a string for a list", "[proxy]\ntrusted = \"10.0.0.0/8\"", nil, "proxy.trusted: a list of strings is needed"},
		{"numbers for strings", "[egress]\nallow_private = [443]", nil, "egress.allow_private: a list of strings is needed"},
		{"a string for a number in a table", "[cache]\nmemory_mb = \"64\"", nil, "cache.memory_mb: a whole number from 0"},
		{"a list in cf", "[cf]\ncolo = [1]", nil, "cf.colo: a string, a number or a boolean is needed"},
		{"no number in cf", "[cf]\nasn = nan", nil, "cf.asn: a string, a number or a boolean is needed"},
		{"less than nothing", "[cache]\nmemory_mb = -1", nil, "cache.memory_mb: a whole number from 0"},
		{"more than any machine has", "[cache]\nmemory_mb = 99999999999", nil, "cache.memory_mb: a whole number from 0"},
		{"no TOML", "listen: \":1\"", nil, "listen: \":1\""},
		{"a key twice", "listen = \":1\"\nlisten = \":2\"", nil, "listen"},
		{"a variable of the wrong type", "", map[string]string{"SKERRY_MEMORY_MB": "half"}, "SKERRY_MEMORY_MB: "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := readSettings(t, tc.file, tc.env, "--config", "%")
			var config *configError
			if !errors.As(err, &config) || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %v\nwant a configError with %s", err, tc.want)
			}
			if tc.env == nil && !strings.Contains(err.Error(), "node.toml: ") {
				t.Errorf("the error does not name the file: %v", err)
			}
		})
	}
	var config *configError
	if _, err := readSettings(t, "", nil, "--config", "%.missing"); !errors.As(err, &config) || !strings.Contains(err.Error(), "--config: there is no file ") {
		t.Errorf("a missing file: %v", err)
	}
}

func FuzzNodeFile(f *testing.F) {
	for _, s := range []string{`listen = ":1"`, "[proxy]\ntrusted = [\"10.0.0.0/8\"]", "a.b.c = 1", "listen = 1979-05-27", "[[proxy]]", "\"\" = 1", "proxy.trusted = [[]]", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		flags := serveCommand(testTerminal(nil)).Flags()
		if _, err := fromFile(flags, []byte(text)); err != nil && err.Error() == "" {
			t.Error("an error that says nothing")
		}
	})
}
