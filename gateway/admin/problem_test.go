package admin_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/catalog"
	"github.com/skerry-edge/skerry/bundles/store"
	"github.com/skerry-edge/skerry/gateway/admin"
	"github.com/skerry-edge/skerry/isolate"
	"github.com/skerry-edge/skerry/kv"
)

func TestProblemOf(t *testing.T) {
	t.Parallel()
	failure := func(o isolate.Outcome) error { return &isolate.Failure{Outcome: o, Message: "m"} }
	for _, tc := range []struct {
		err    error
		status int
		code   string
	}{
		{&admin.Problem{Status: 418, Code: "teapot"}, 418, "teapot"},
		{&catalog.ConflictError{Function: "a", Route: "a.example/*", Owner: "b"}, 409, "conflict"},
		{catalog.ErrBusy, 409, "conflict"},
		{catalog.ErrNoFunction, 404, "not_found"},
		{catalog.ErrNoVersion, 404, "not_found"},
		{kv.ErrNotFound, 404, "not_found"},
		{failure(isolate.OutcomeException), 422, "exception"},
		{failure(isolate.OutcomeExceededStart), 422, "exceeded_startup"},
		{failure(isolate.OutcomeNeverSettled), 422, "never_settled"},
		{failure(isolate.OutcomeInternal), 500, "internal"},
		{failure(isolate.OutcomeCanceled), 503, "canceled"},
		{failure(isolate.OutcomeOverloaded), 503, "overloaded"},
		{store.ErrTooLarge, 413, "body_too_large"},
		{catalog.ErrTooLarge, 413, "body_too_large"},
		{store.ErrFull, 507, "store_full"},
		{kv.ErrFull, 507, "store_full"},
		{kv.ErrUnavailable, 503, "store_unavailable"},
		{&kv.InvalidError{Field: "key", Reason: "is empty"}, 422, "invalid"},
		{&bundles.ManifestError{Fields: []bundles.FieldError{{Field: "name", Problem: "is missing"}}}, 422, "invalid"},
		{kv.ErrCorrupt, 500, "internal"},
		{catalog.ErrCorrupt, 500, "internal"},
		{catalog.ErrNewer, 500, "internal"},
		{store.ErrCorrupt, 500, "internal"},
		{context.DeadlineExceeded, 500, "internal"},
		{io.ErrUnexpectedEOF, 500, "internal"},
	} {
		t.Run(fmt.Sprint(tc.code, " ", tc.err), func(t *testing.T) {
			t.Parallel()
			for _, err := range []error{tc.err, fmt.Errorf("while trying: %w", tc.err), errors.Join(errors.New("other"), tc.err)} {
				if p := admin.ProblemOf(err); p.Status != tc.status || p.Code != tc.code {
					t.Errorf("%v: %d %s, want %d %s", err, p.Status, p.Code, tc.status, tc.code)
				}
			}
		})
	}
}

func TestAFailureHasItsPlace(t *testing.T) {
	t.Parallel()
	p := admin.ProblemOf(&isolate.Failure{Outcome: isolate.OutcomeException, Message: "Error: x", Stack: "    at a.ts:1:2", Detail: "goroutine 1",
		Source: &isolate.Frame{File: "a.ts", Line: 1, Column: 2, Text: "throw"}})
	want := admin.Problem{Status: 422, Code: "exception", Detail: "Error: x", File: "a.ts", Line: 1, Column: 2, Text: "throw", Stack: "    at a.ts:1:2"}
	if *p != want {
		t.Errorf("got %+v\nwant %+v", *p, want)
	}
}
