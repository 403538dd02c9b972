package workloads

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Choice is what a measurement sets in its copy of a workload.
type Choice struct {
	Isolation string // "event" or "reuse"
	Origin    string // host:port, in place of [OriginAddress]; empty: as it is
}

// Copy copies the project in the folder from, a workload's, with the packages that it has
// installed, to the folder to, which must have none of its files yet.
func Copy(to, from string, c Choice) error {
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return err
	}
	config := filepath.Join(to, "skerry.toml")
	text, err := os.ReadFile(config)
	if err != nil {
		return err
	}
	const isolation = `isolation = "event"`
	if !strings.Contains(string(text), isolation) {
		return fmt.Errorf("%s has no line %s", config, isolation)
	}
	changed := strings.Replace(string(text), isolation, fmt.Sprintf("isolation = %q", c.Isolation), 1)
	if c.Origin != "" {
		changed = strings.ReplaceAll(changed, OriginAddress, c.Origin)
	}
	return os.WriteFile(config, []byte(changed), 0o644)
}
