package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/skerry-edge/skerry/bundles"
)

// nodeFile is what node.toml has beside the flags.
type nodeFile struct {
	trusted      []string // [proxy] trusted
	allowPrivate []string // [egress] allow_private
}

// tables are the tables of node.toml and their keys.
var tables = map[string][]string{
	"proxy":  {"trusted"},
	"egress": {"allow_private"},
}

// settings gives the flags of cmd that were not given their values from the environment,
// or else from the file that the flag --config names: flags beat environment beat files.
func settings(t *terminal, cmd *cobra.Command) (nodeFile, error) {
	flags := cmd.Flags()
	if err := fromEnvironment(t, flags); err != nil {
		return nodeFile{}, err
	}
	path, err := flags.GetString("config")
	if err != nil || path == "" {
		return nodeFile{}, err
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nodeFile{}, &configError{fmt.Errorf("--config: there is no file %s", path)}
	}
	if err != nil {
		return nodeFile{}, &configError{err}
	}
	file, err := fromFile(flags, text)
	if err != nil {
		return file, &configError{fmt.Errorf("%s: %w", path, err)}
	}
	return file, nil
}

// fromEnvironment reads SKERRY_NAME for each flag --name.
func fromEnvironment(t *terminal, flags *pflag.FlagSet) error {
	var failed error
	flags.VisitAll(func(f *pflag.Flag) {
		name := "SKERRY_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, ok := t.getenv(name)
		if f.Changed || !ok || value == "" || failed != nil {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			failed = &configError{fmt.Errorf("%s: %w", name, err)}
		}
	})
	return failed
}

// fromFile reads node.toml.
func fromFile(flags *pflag.FlagSet, text []byte) (nodeFile, error) {
	var file nodeFile
	var content map[string]any
	if err := toml.Unmarshal(text, &content); err != nil {
		var syntax *toml.DecodeError
		if errors.As(err, &syntax) {
			return file, fmt.Errorf("%s", syntax.String())
		}
		return file, err
	}
	var names []string
	flags.VisitAll(func(f *pflag.Flag) { names = append(names, strings.ReplaceAll(f.Name, "-", "_")) })
	for table := range tables {
		names = append(names, table)
	}
	for key, value := range content {
		if table, ok := value.(map[string]any); ok && tables[key] != nil {
			if err := file.table(key, table); err != nil {
				return file, err
			}
			continue
		}
		flag := flags.Lookup(strings.ReplaceAll(key, "_", "-"))
		if flag == nil || key == "config" {
			return file, unknownKey(key, names)
		}
		if flag.Changed {
			continue
		}
		if err := flags.Set(flag.Name, fmt.Sprint(value)); err != nil {
			return file, fmt.Errorf("%s: %w", key, err)
		}
	}
	return file, nil
}

func (f *nodeFile) table(name string, content map[string]any) error {
	for key, value := range content {
		if !slices.Contains(tables[name], key) {
			return unknownKey(name+"."+key, prefixed(name, tables[name]))
		}
		list, err := stringsOf(value)
		if err != nil {
			return fmt.Errorf("%s.%s: %w", name, key, err)
		}
		switch name {
		case "proxy":
			f.trusted = list
		case "egress":
			f.allowPrivate = list
		}
	}
	return nil
}

func prefixed(table string, keys []string) []string {
	var out []string
	for _, k := range keys {
		out = append(out, table+"."+k)
	}
	return out
}

func unknownKey(key string, known []string) error {
	slices.Sort(known)
	if near := bundles.Nearest(key, known); near != "" {
		return fmt.Errorf("unknown key %q; did you mean %q?", key, near)
	}
	return fmt.Errorf("unknown key %q; there are %s", key, strings.Join(known, ", "))
}

func stringsOf(value any) ([]string, error) {
	list, ok := value.([]any)
	if !ok {
		return nil, errors.New("a list of strings is needed")
	}
	var out []string
	for _, v := range list {
		s, ok := v.(string)
		if !ok {
			return nil, errors.New("a list of strings is needed")
		}
		out = append(out, s)
	}
	return out, nil
}
