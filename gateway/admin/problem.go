package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/catalog"
	"github.com/skerry-edge/skerry/bundles/store"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/kv"
)

func fail(w http.ResponseWriter, p *Problem) {
	p.Type, p.Title = "about:blank", http.StatusText(p.Status)
	body, err := json.Marshal(p)
	if err != nil {
		body = []byte(`{"status":500,"code":"internal"}`)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n'))
}

// problemOf is the one table from errors to the API's answers.
func problemOf(err error) *Problem {
	var (
		problem  *Problem
		conflict *catalog.ConflictError
		failure  *isolate.Failure
		invalid  *kv.InvalidError
		manifest *bundles.ManifestError
	)
	switch {
	case errors.As(err, &problem):
		return problem
	case errors.As(err, &conflict):
		return &Problem{Status: http.StatusConflict, Code: "conflict", Detail: err.Error()}
	case errors.Is(err, catalog.ErrBusy):
		return &Problem{Status: http.StatusConflict, Code: "conflict", Detail: err.Error()}
	case errors.Is(err, catalog.ErrNoFunction), errors.Is(err, catalog.ErrNoVersion), errors.Is(err, kv.ErrNotFound):
		return &Problem{Status: http.StatusNotFound, Code: "not_found", Detail: err.Error()}
	case errors.As(err, &failure):
		p := &Problem{Status: failureStatus(failure.Outcome), Code: string(failure.Outcome), Detail: failure.Message, Stack: failure.Stack}
		if failure.Source != nil {
			p.File, p.Line, p.Column, p.Text = failure.Source.File, failure.Source.Line, failure.Source.Column, failure.Source.Text
		}
		return p
	case errors.Is(err, store.ErrTooLarge), errors.Is(err, catalog.ErrTooLarge):
		return &Problem{Status: http.StatusRequestEntityTooLarge, Code: "body_too_large", Detail: err.Error()}
	case errors.Is(err, store.ErrFull), errors.Is(err, kv.ErrFull):
		return &Problem{Status: http.StatusInsufficientStorage, Code: "store_full", Detail: "the node has no space left; nothing was changed: " + err.Error()}
	case errors.Is(err, kv.ErrUnavailable):
		return &Problem{Status: http.StatusServiceUnavailable, Code: "store_unavailable", Detail: "the store is out of reach: " + err.Error()}
	case errors.As(err, &invalid), errors.As(err, &manifest):
		return &Problem{Status: http.StatusUnprocessableEntity, Code: "invalid", Detail: err.Error()}
	default:
		return &Problem{Status: http.StatusInternalServerError, Code: "internal", Detail: err.Error()}
	}
}

// failureStatus is the status for a bundle that could not be run: it is the bundle's fault
// unless the outcome says otherwise.
func failureStatus(o isolate.Outcome) int {
	switch o {
	case isolate.OutcomeInternal:
		return http.StatusInternalServerError
	case isolate.OutcomeCanceled, isolate.OutcomeOverloaded:
		return http.StatusServiceUnavailable
	default:
		return http.StatusUnprocessableEntity
	}
}

func invalidf(format string, args ...any) *Problem {
	return &Problem{Status: http.StatusUnprocessableEntity, Code: "invalid", Detail: fmt.Sprintf(format, args...)}
}
