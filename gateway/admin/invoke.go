package admin

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/skerry-edge/skerry/gateway/observe"
	"github.com/skerry-edge/skerry/isolate"
)

// invocationBytesMax bounds the JSON of an Invocation, and invokedBytesMax the body that is
// shown of its response.
const (
	invocationBytesMax = 16 << 20
	invokedBytesMax    = 16 << 20
)

// invoke runs one event by hand and answers with all that is known of it.
func (s *Server) invoke(w http.ResponseWriter, r *http.Request) error {
	var in Invocation
	if err := readJSON(w, r, invocationBytesMax, &in); err != nil {
		return err
	}
	target, err := s.live(r, r.PathValue("function"))
	if err != nil {
		return err
	}
	request, err := in.request(s.cfg.URLs(&target.Manifest))
	if err != nil {
		return err
	}
	logs := s.cfg.Tail.Subscribe(target.Function)
	defer logs.Close()
	done := make(chan isolate.Result, 1)
	id := "invoke-" + rand.Text()
	event := &isolate.Event{ID: id, Kind: isolate.KindFetch, Request: request, Done: func(r isolate.Result) { done <- r }}
	response, err := s.cfg.Engine.Dispatch(r.Context(), target, event)
	out := Invoked{Function: target.Function, Version: target.Number, Logs: []Log{}}
	var failure *isolate.Failure
	if err != nil && !errors.As(err, &failure) {
		return err
	}
	var body []byte
	if response != nil {
		if body, err = isolate.Collect(r.Context(), response, invokedBytesMax); err != nil && !errors.As(err, &failure) {
			return err
		}
	}
	select {
	case result := <-done:
		out.Outcome, out.CPU, out.Time = string(result.Outcome), millis(result.CPU), millis(result.Total)
		failure = result.Failure
	case <-r.Context().Done():
		return r.Context().Err()
	}
	if failure != nil {
		out.Error, out.Stack = failure.Message, failure.Stack
	}
	if response != nil {
		out.Status, out.Body = response.Status, body
		for _, f := range response.Header {
			out.Header = append(out.Header, [2]string{f.Name, f.Value})
		}
	}
	out.Logs = append(out.Logs, logsOf(logs, id)...)
	return reply(w, http.StatusOK, out)
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// request makes the request that the function sees, at its first URL.
func (in *Invocation) request(urls []string) (*isolate.Request, error) {
	if in.Method == "" {
		in.Method = http.MethodGet
	}
	if in.Path == "" {
		in.Path = "/"
	}
	if !strings.HasPrefix(in.Path, "/") {
		return nil, invalidf("the path %q must begin with /", in.Path)
	}
	request := &isolate.Request{Method: in.Method, URL: strings.TrimSuffix(urls[0], "/") + in.Path, Body: in.Body}
	if _, err := http.NewRequest(request.Method, request.URL, nil); err != nil {
		return nil, invalidf("no request can be like this: %v", err)
	}
	for _, h := range in.Header {
		if !isToken(h[0]) || strings.ContainsAny(h[1], "\x00\r\n") {
			return nil, invalidf("no request can have the header %q: %q", h[0], h[1])
		}
		request.Header = append(request.Header, isolate.Field{Name: strings.ToLower(h[0]), Value: h[1]})
	}
	return request, nil
}

// isToken says whether s can be the name of a header.
//
// Spec: https://www.rfc-editor.org/rfc/rfc9110#name-tokens
func isToken(s string) bool {
	for _, c := range []byte(s) {
		alphanumeric := 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
		if !alphanumeric && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return s != ""
}

// logsOf returns the lines of one event that have come in. That some were lost, among many
// of this event and others, is its last line.
func logsOf(tail *observe.Subscription, id string) []Log {
	var logs []Log
	for {
		select {
		case item := <-tail.C:
			if l := item.Line; l != nil && l.EventID == id {
				logs = append(logs, Log{Time: l.Time, Level: l.Level, Message: l.Message})
			}
		default:
			if n := tail.Dropped(); n > 0 {
				logs = append(logs, Log{Time: time.Now(), Level: "warn", Message: fmt.Sprintf("%d lines of this function were dropped: it logs more than is kept", n)})
			}
			return logs
		}
	}
}
