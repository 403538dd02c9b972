package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/build"
	"github.com/skerry-edge/skerry/isolate/jail/fence"
)

// Bounds of a build. Source can be written so that a compiler never ends, or ends its process:
// that is why each build has one of its own.
const (
	compileTime        = 30 * time.Second
	compileMemoryBytes = 512 << 20 // looked at while it builds, so that it can say what it died of
	compileDataBytes   = 1 << 30   // where looking comes too late
	compileStackBytes  = 128 << 20 // under the memory, so that deep nesting is told apart
	compileAnswerBytes = 1 << 20   // of messages
	compileFilesMax    = 1024      // open at once
)

// compileRequest is what to build. Name and Routes replace what the project says.
type compileRequest struct {
	Path   string   `json:"path"` // as build.Load takes it
	Name   string   `json:"name,omitempty"`
	Routes []string `json:"routes,omitempty"`
}

// compileAnswer is what came of it. It is a line, which the bundle follows.
type compileAnswer struct {
	Warnings    []build.Message `json:"warnings,omitempty"`
	Failure     *compileFailure `json:"failure,omitempty"` // nil: there is a bundle
	BundleBytes int             `json:"bundle_bytes,omitempty"`
}

// compileFailure is an error that has to keep its type on the way to another process. At most
// one of the types is set.
type compileFailure struct {
	Text          string              `json:"text"`
	Source        *build.Error        `json:"source,omitempty"`
	Configuration *build.ConfigError  `json:"configuration,omitempty"`
	Missing       *build.MissingError `json:"missing,omitempty"`
	Size          *bundles.SizeError  `json:"size,omitempty"`
	Setting       bool                `json:"setting,omitempty"` // a flag, or what it led to
	Absent        bool                `json:"absent,omitempty"`  // a file that is not there
}

// relayedError is an error of another process: its text, around what it is.
type relayedError struct {
	text string
	kind error
}

func (e *relayedError) Error() string { return e.text }
func (e *relayedError) Unwrap() error { return e.kind }

func failureOf(err error) *compileFailure {
	f := &compileFailure{Text: err.Error()}
	var setting *configError
	switch {
	case errors.As(err, &f.Source), errors.As(err, &f.Configuration), errors.As(err, &f.Missing), errors.As(err, &f.Size):
	case errors.As(err, &setting):
		f.Setting = true
	default:
		f.Absent = errors.Is(err, fs.ErrNotExist)
	}
	return f
}

// err returns the error that f was made of, as far as anybody asks.
func (f *compileFailure) err() error {
	relayed := &relayedError{text: f.Text}
	switch {
	case f.Source != nil && len(f.Source.Messages) > 0:
		relayed.kind = f.Source
	case f.Configuration != nil && len(f.Configuration.Messages) > 0:
		relayed.kind = f.Configuration
	case f.Missing != nil:
		relayed.kind = f.Missing
	case f.Size != nil:
		relayed.kind = f.Size
	case f.Setting:
		return &configError{errors.New(f.Text)}
	case f.Absent:
		relayed.kind = fs.ErrNotExist
	}
	return relayed
}

// compileLimitError says that a build took more than it may.
type compileLimitError struct{ text string }

func (e *compileLimitError) Error() string { return e.text }

// compileCommand is the other side of compile: it reads a request from stdin, and writes an
// answer to stdout. When stdin ends nobody waits for the answer any more.
func compileCommand(t *terminal) *cobra.Command {
	return &cobra.Command{
		Use:    "compile",
		Short:  "Build one bundle for the command that started this process",
		Args:   cobra.NoArgs,
		Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var request compileRequest
			in := json.NewDecoder(t.in)
			if err := in.Decode(&request); err != nil {
				return &usageError{fmt.Errorf("read a request from stdin: %w", err)}
			}
			go func() {
				_, _ = io.Copy(io.Discard, t.in) // it ends, in whatever way, with the one who asked
				os.Exit(exitUser)
			}()
			answer, bundle := compileAlone(cmd.Context(), request)
			if err := json.NewEncoder(t.out).Encode(answer); err != nil {
				return err
			}
			_, err := t.out.Write(bundle)
			return err
		},
	}
}

// compileAlone builds in this process, which gives up for it all but the project's folder.
func compileAlone(ctx context.Context, request compileRequest) (compileAnswer, []byte) {
	debug.SetMaxStack(compileStackBytes)
	debug.SetMemoryLimit(compileMemoryBytes / 8 * 7) // collect more often before it is all gone
	go watchMemory()
	result, err := func() (*build.Result, error) {
		_, err := fence.Self(fence.Config{
			ReadFolders: []string{projectFolder(request.Path)}, DataBytes: compileDataBytes, OpenFilesMax: compileFilesMax,
		})
		if err != nil {
			return nil, err
		}
		project, err := build.Load(request.Path)
		if err != nil {
			return nil, err
		}
		if request.Name != "" {
			project.Manifest.Name = request.Name
		}
		if len(request.Routes) > 0 {
			project.Manifest.Routes = request.Routes
		}
		if err := project.Manifest.Validate(); err != nil {
			return nil, &configError{err}
		}
		return build.Build(ctx, project, build.Options{})
	}()
	if err != nil {
		return compileAnswer{Failure: failureOf(err)}, nil
	}
	encoded := bundles.Encode(result.Bundle)
	return compileAnswer{Warnings: result.Warnings, BundleBytes: len(encoded)}, encoded
}

// watchMemory ends the process when it holds too much.
func watchMemory() {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	for range time.Tick(10 * time.Millisecond) {
		if metrics.Read(sample); sample[0].Value.Uint64()-sample[1].Value.Uint64() > compileMemoryBytes {
			fmt.Fprintln(os.Stderr, "out of memory")
			os.Exit(exitLimit)
		}
	}
}

// projectFolder returns the folder that a project at path is in; where there is nothing, the one
// where that can be seen.
func projectFolder(path string) string {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return string(filepath.Separator)
	}
	if info, err := os.Stat(absolute); err == nil && info.IsDir() {
		return absolute
	}
	return filepath.Dir(absolute)
}

// compile builds a project in a process of its own, and returns the bundle and what there is to
// warn of.
//
// The errors are those of build.Load and build.Build, a configError for a name or a route,
// [*compileLimitError] for a build that takes too much, and ctx's.
func compile(ctx context.Context, request compileRequest) (*bundles.Bundle, []build.Message, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, nil, fmt.Errorf("build: %w", err)
	}
	encoded, err := json.Marshal(request)
	if err != nil {
		return nil, nil, fmt.Errorf("build: %w", err)
	}
	timed, cancel := context.WithTimeoutCause(ctx, compileTime, errCompileTime)
	defer cancel()
	cmd := exec.CommandContext(timed, program, "compile")
	cmd.WaitDelay = time.Second
	var last lastWords
	cmd.Stderr = &last
	stdin, err := cmd.StdinPipe() // open until the end: see compileCommand
	if err != nil {
		return nil, nil, fmt.Errorf("build: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, fmt.Errorf("build: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, fmt.Errorf("build: %w", err)
	}
	_, asked := stdin.Write(encoded)
	answer, bundle, err := readAnswer(stdout)
	stdin.Close()
	ended := cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return nil, nil, ctx.Err()
	case context.Cause(timed) == errCompileTime:
		return nil, nil, errCompileTime
	case ended != nil && err != nil:
		return nil, nil, last.err(ended)
	case asked != nil || err != nil:
		return nil, nil, fmt.Errorf("build: the process that builds is not understood: %w", errors.Join(asked, err))
	case answer.Failure != nil:
		return nil, nil, answer.Failure.err()
	}
	return bundle, answer.Warnings, nil
}

// errCompileTime ends a build that takes too long.
var errCompileTime = &compileLimitError{fmt.Sprintf("the build took longer than %v", compileTime)}

// readAnswer reads what the process that builds has to say. It may have been taken over by what
// it read: nothing is believed.
func readAnswer(from io.Reader) (compileAnswer, *bundles.Bundle, error) {
	in := bufio.NewReader(from)
	line, err := readLine(in, compileAnswerBytes)
	if err != nil {
		return compileAnswer{}, nil, err
	}
	var answer compileAnswer
	if err := json.Unmarshal(line, &answer); err != nil {
		return compileAnswer{}, nil, err
	}
	if answer.Failure != nil {
		return answer, nil, nil
	}
	encoded, err := io.ReadAll(io.LimitReader(in, bundles.EncodedBytesMax+1))
	if err != nil {
		return compileAnswer{}, nil, err
	}
	if len(encoded) < answer.BundleBytes {
		return compileAnswer{}, nil, io.ErrUnexpectedEOF
	}
	bundle, err := bundles.Decode(encoded)
	if err == nil {
		err = bundle.Manifest.Validate()
	}
	return answer, bundle, err
}

// readLine reads up to the end of a line, and no more than most bytes.
func readLine(in *bufio.Reader, most int) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > most:
			return nil, fmt.Errorf("a line is longer than %d bytes", most)
		case err == nil:
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

// lastWords keeps the beginning of what a process says before it dies, which has the reason.
type lastWords struct{ text bytes.Buffer }

// Write keeps what there is room for.
func (l *lastWords) Write(p []byte) (int, error) {
	const most = 8 << 10
	l.text.Write(p[:min(len(p), most-min(most, l.text.Len()))])
	return len(p), nil
}

// err says why a process that builds has ended without an answer.
func (l *lastWords) err(ended error) error {
	text := l.text.String()
	switch {
	case strings.Contains(text, "stack overflow"), strings.Contains(text, "goroutine stack exceeds"):
		return &build.Error{Messages: []build.Message{{Text: "the sources are nested too deeply to be built"}}}
	case strings.Contains(text, "out of memory"), strings.Contains(text, "cannot allocate memory"), strings.Contains(text, "failed to create new OS thread"):
		return &compileLimitError{fmt.Sprintf("the build ran out of memory (%d MB)", compileMemoryBytes>>20)}
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			return fmt.Errorf("the build ended before it was done: %w: %s", ended, line)
		}
	}
	return fmt.Errorf("the build ended before it was done: %w", ended)
}
