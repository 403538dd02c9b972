package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
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
	trusted      []string       // [proxy] trusted
	allowPrivate []string       // [egress] allow_private
	cacheMB      *int           // [cache] memory_mb; nil: not given
	cf           map[string]any // [cf]: what request.cf says of the node
}

// tables are the tables of node.toml and their keys; nil: any.
var tables = map[string][]string{
	"proxy":  {"trusted"},
	"egress": {"allow_private"},
	"cache":  {"memory_mb"},
	"cf":     nil,
}

const (
	cacheMBDefault = 64
	cacheMBMax     = 1 << 20
)

// cacheMegabytes is the memory of the node's cache, in MiB; 0: there is none.
func (f *nodeFile) cacheMegabytes() int {
	if f.cacheMB == nil {
		return cacheMBDefault
	}
	return *f.cacheMB
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
	names := slices.Collect(maps.Keys(tables))
	flags.VisitAll(func(f *pflag.Flag) {
		if !notInFile[f.Name] {
			names = append(names, strings.ReplaceAll(f.Name, "-", "_"))
		}
	})
	for _, key := range slices.Sorted(maps.Keys(content)) {
		value := content[key]
		if _, ok := tables[key]; ok {
			if err := file.table(key, value); err != nil {
				return file, err
			}
			continue
		}
		flag := flags.Lookup(strings.ReplaceAll(key, "_", "-"))
		if flag == nil || notInFile[flag.Name] {
			return file, unknownKey(key, names)
		}
		text, err := textOf(value, flag.Value.Type())
		if err == nil && !flag.Changed {
			err = flags.Set(flag.Name, text)
		}
		if err != nil {
			return file, fmt.Errorf("%s: %w", key, err)
		}
	}
	return file, nil
}

// notInFile are the flags that are no keys of node.toml.
var notInFile = map[string]bool{"config": true, "help": true, "json": true}

// textOf writes a value of the file as it would stand on a command line, for a flag of this
// type of pflag's.
func textOf(value any, typ string) (string, error) {
	var needed string
	var ok bool
	switch typ {
	case "string":
		needed = "a string"
		_, ok = value.(string)
	case "int":
		needed = "a whole number"
		_, ok = value.(int64)
	case "bool":
		needed = "true or false"
		_, ok = value.(bool)
	default:
		return "", fmt.Errorf("is a flag alone, of type %s", typ)
	}
	if !ok {
		return "", errors.New(needed + " is needed")
	}
	return fmt.Sprint(value), nil
}

func (f *nodeFile) table(name string, value any) error {
	content, ok := value.(map[string]any)
	if !ok {
		return fmt.Errorf("%s: a table is needed: [%s]", name, name)
	}
	if name == "cf" {
		return f.setCF(content)
	}
	for _, key := range slices.Sorted(maps.Keys(content)) {
		if !slices.Contains(tables[name], key) {
			return unknownKey(name+"."+key, prefixed(name, tables[name]))
		}
		if err := f.set(name, content[key]); err != nil {
			return fmt.Errorf("%s.%s: %w", name, key, err)
		}
	}
	return nil
}

// set takes the value of the one key that a table has.
func (f *nodeFile) set(table string, value any) (err error) {
	switch table {
	case "proxy":
		f.trusted, err = stringsOf(value)
	case "egress":
		f.allowPrivate, err = stringsOf(value)
	case "cache":
		n, ok := value.(int64)
		if !ok || n < 0 || n > cacheMBMax {
			return fmt.Errorf("a whole number from 0, which is no cache, to %d is needed", cacheMBMax)
		}
		megabytes := int(n)
		f.cacheMB = &megabytes
	}
	return err
}

// setCF takes the table cf, whose keys are the operator's: colo, country, asn and the like.
func (f *nodeFile) setCF(content map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(content)) {
		switch v := content[key].(type) {
		case string, int64, bool:
			continue
		case float64:
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				continue
			}
		}
		return fmt.Errorf("cf.%s: a string, a number or a boolean is needed", key)
	}
	f.cf = content
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
