package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/build"
	"github.com/skerry-edge/skerry/bundles/replicate"
	"github.com/skerry-edge/skerry/bundles/store"
	"github.com/skerry-edge/skerry/gateway/admin"
	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/bolt"
)

func TestExitCodes(t *testing.T) {
	t.Parallel()
	problem := func(status int, code string) error { return &admin.Problem{Status: status, Code: code, Detail: "d"} }
	noSpace := &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	busy := &net.OpError{Op: "listen", Err: &os.SyscallError{Syscall: "bind", Err: syscall.EADDRINUSE}}
	for _, tc := range []struct {
		name string
		err  error
		exit int
		code string
	}{
		{"an error like any other", errors.New("x"), 1, "user_error"},
		{"a missing file", &fs.PathError{Op: "open", Path: "x", Err: syscall.ENOENT}, 1, "not_found"},
		{"a source that can't be built", &build.Error{Messages: []build.Message{{Text: "x"}}}, 1, "compile_error"},
		{"an interrupted command", fmt.Errorf("%w: %w", admin.ErrUnreachable, context.Canceled), 1, "interrupted"},
		{"a command line", &usageError{errors.New("x")}, 2, "configuration"},
		{"a setting", &configError{errors.New("x")}, 2, "configuration"},
		{"a setting that names a missing file", &configError{fs.ErrNotExist}, 2, "not_found"},
		{"a project's configuration", &build.ConfigError{Messages: []build.Message{{Text: "x"}}}, 2, "configuration"},
		{"a busy port", busy, 2, "configuration"},
		{"a data directory in use", bolt.ErrLocked, 2, "configuration"},
		{"a data directory of another store", &replicate.ForeignError{}, 2, "configuration"},
		{"a node that is not there", admin.ErrUnreachable, 3, "unreachable"},
		{"a store that is not there", kv.ErrUnavailable, 3, "network"},
		{"a first start without a store", fmt.Errorf("%w: %w", replicate.ErrNoState, kv.ErrUnavailable), 3, "network"},
		{"a wrong token", problem(401, "unauthorized"), 3, "unauthorized"},
		{"a refusal", problem(403, "forbidden"), 3, "forbidden"},
		{"a name that leads elsewhere", problem(421, "forbidden"), 3, "forbidden"},
		{"a node whose store is not there", problem(503, "store_unavailable"), 3, "store_unavailable"},
		{"a fault of the node", problem(500, "internal"), 3, "internal"},
		{"another program's answer", problem(404, "unexpected"), 3, "unexpected"},
		{"a missing function", problem(404, "not_found"), 1, "not_found"},
		{"a taken route", problem(409, "conflict"), 1, "conflict"},
		{"a bundle that can't be run", problem(422, "exception"), 1, "exception"},
		{"a bundle that is too large", &bundles.SizeError{What: "the bundle", Bytes: 2, BytesMax: 1}, 4, "limit"},
		{"a bundle that is too large for the node", problem(413, "body_too_large"), 4, "body_too_large"},
		{"a full disk", noSpace, 4, "limit"},
		{"a full disk of the node", problem(507, "store_full"), 4, "store_full"},
		{"no room for bundles", store.ErrFull, 4, "limit"},
		{"no room for keys", kv.ErrFull, 4, "limit"},
		{"nodes that lag behind", &partialError{[]admin.Node{{ID: "n2"}}}, 5, "partial_rollout"},
		{"a node that can't switch", problem(503, "not_switched"), 5, "not_switched"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for _, err := range []error{tc.err, fmt.Errorf("while trying: %w", tc.err)} {
				if got := exitCode(err); got != tc.exit {
					t.Errorf("%v ends with %d, want %d", err, got, tc.exit)
				}
				if got := errorCode(err); got != tc.code {
					t.Errorf("%v has the code %q, want %q", err, got, tc.code)
				}
			}
		})
	}
	if got := exitCode(nil); got != 0 {
		t.Errorf("success ends with %d", got)
	}
}

func TestPartialErrorNamesTheNodes(t *testing.T) {
	t.Parallel()
	err := &partialError{[]admin.Node{{ID: "n2"}, {ID: "n3", Error: "the disk is full"}}}
	if got, want := err.Error(), "the change is live, but these nodes do not serve it yet: n2, n3 (the disk is full)"; got != want {
		t.Errorf("got %s", got)
	}
}

func TestFail(t *testing.T) {
	t.Parallel()
	built := &build.Error{Messages: []build.Message{{Text: "Expected \")\"", File: "index.ts", Line: 4, Column: 3, Source: "  },"}}}
	for _, tc := range []struct {
		name       string
		err        error
		text, json []string // parts of what is written
	}{
		{"an error like any other", errors.New("no\x1b[2J file"), []string{"error: no\uFFFD[2J file\n"}, []string{`"code":"user_error"`, `"message":"no\u001b[2J file"`}},
		{"an interrupt", fmt.Errorf("call: %w", context.Canceled), []string{"error: interrupted before it was done"}, []string{`"code":"interrupted"`}},
		{"a problem with a place", &admin.Problem{Status: 422, Code: "exception", Detail: "Error: early", File: "a.ts", Line: 2, Column: 3, Text: "\tthrow x", Stack: "    at a.ts:2:3"},
			[]string{"error: Error: early\n", "a.ts:2:3", "2 | \tthrow x", "    | \t ^", "    at a.ts:2:3"},
			[]string{`"code":"exception"`, `"file":"a.ts"`, `"line":2`, `"column":3`, `"text":"\tthrow x"`}},
		{"a build", built, []string{"index.ts:4:3", "Expected"}, []string{`"code":"compile_error"`, `"file":"index.ts"`, `"line":4`, `"messages":[`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var out, errs bytes.Buffer
			term := testTerminal(nil)
			term.out, term.err = &out, &errs
			term.fail(tc.err)
			for _, want := range tc.text {
				if !strings.Contains(errs.String(), want) {
					t.Errorf("wrote %q\nwithout %q", errs.String(), want)
				}
			}
			if out.Len() > 0 {
				t.Errorf("wrote to stdout: %s", out.String())
			}
			errs.Reset()
			term.json = true
			term.fail(tc.err)
			if !json.Valid(out.Bytes()) || strings.Count(out.String(), "\n") != 1 || errs.Len() > 0 {
				t.Errorf("with --json: %q and %q", out.String(), errs.String())
			}
			for _, want := range tc.json {
				if !strings.Contains(out.String(), want) {
					t.Errorf("with --json: wrote %q\nwithout %q", out.String(), want)
				}
			}
		})
	}
}
