package main

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"syscall"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/build"
	"github.com/skerry-edge/skerry/bundles/replicate"
	"github.com/skerry-edge/skerry/bundles/store"
	"github.com/skerry-edge/skerry/gateway/admin"
	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/bolt"
)

// The exit codes of all commands.
const (
	exitOK      = 0
	exitUser    = 1 // what was given can't work
	exitConfig  = 2 // a flag, a configuration file, a port, a data directory
	exitNetwork = 3 // the node, its store, or permission
	exitLimit   = 4 // too large, or no space left
	exitPartial = 5 // only some nodes have switched
)

// usageError is a command line that can't be understood.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() + "; --help has the usage" }
func (e *usageError) Unwrap() error { return e.err }

// configError is a setting that can't work.
type configError struct{ err error }

func (e *configError) Error() string { return e.err.Error() }
func (e *configError) Unwrap() error { return e.err }

// partialError says that a change reached only some nodes.
type partialError struct{ missing []admin.Node }

func (e *partialError) Error() string {
	names := make([]string, len(e.missing))
	for i, n := range e.missing {
		names[i] = n.ID
		if n.Error != "" {
			names[i] += " (" + n.Error + ")"
		}
	}
	return "the change is live, but these nodes do not serve it yet: " + strings.Join(names, ", ")
}

// exitCode is the one table from errors to exit codes.
func exitCode(err error) int {
	var (
		usage   *usageError
		config  *configError
		partial *partialError
		problem *admin.Problem
		size    *bundles.SizeError
		foreign *replicate.ForeignError
		source  *build.Error
		project *build.ConfigError
		limit   *compileLimitError
	)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, context.Canceled): // before the command was done
		return exitUser
	case errors.As(err, &partial):
		return exitPartial
	case errors.As(err, &problem):
		return problemCode(problem)
	case errors.As(err, &source):
		return exitUser
	case errors.As(err, &size), errors.As(err, &limit), errors.Is(err, syscall.ENOSPC), errors.Is(err, store.ErrFull), errors.Is(err, kv.ErrFull):
		return exitLimit
	case errors.As(err, &usage), errors.As(err, &config), errors.As(err, &project), errors.As(err, &foreign),
		errors.Is(err, syscall.EADDRINUSE), errors.Is(err, bolt.ErrLocked):
		return exitConfig
	case errors.Is(err, admin.ErrUnreachable), errors.Is(err, kv.ErrUnavailable), errors.Is(err, replicate.ErrNoState):
		return exitNetwork
	default:
		return exitUser
	}
}

// problemCode is exitCode for what a node answered.
func problemCode(p *admin.Problem) int {
	switch {
	case p.Code == "not_switched":
		return exitPartial
	case p.Status == http.StatusRequestEntityTooLarge, p.Status == http.StatusInsufficientStorage:
		return exitLimit
	case p.Status == http.StatusUnauthorized, p.Status == http.StatusForbidden, p.Status == http.StatusMisdirectedRequest,
		p.Status >= http.StatusInternalServerError, p.Code == "unexpected":
		return exitNetwork
	default:
		return exitUser
	}
}

// errorCode is the stable name of an error, for --json.
func errorCode(err error) string {
	var problem *admin.Problem
	var source *build.Error
	switch {
	case errors.Is(err, context.Canceled):
		return "interrupted"
	case errors.As(err, &problem):
		return problem.Code
	case errors.As(err, &source):
		return "compile_error"
	case errors.Is(err, admin.ErrUnreachable):
		return "unreachable"
	case errors.Is(err, fs.ErrNotExist):
		return "not_found"
	}
	return map[int]string{exitUser: "user_error", exitConfig: "configuration", exitNetwork: "network",
		exitLimit: "limit", exitPartial: "partial_rollout"}[exitCode(err)]
}
