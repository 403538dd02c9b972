package admin

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/skerry-edge/skerry/gateway/observe"
	"github.com/skerry-edge/skerry/isolate"
)

// invocationBytesMax bounds the JSON of an Invocation.
const invocationBytesMax = 16 << 20

// invoke runs one event by hand and answers with all that is known of it.
func (s *Server) invoke(w http.ResponseWriter, r *http.Request) error {
	var in Invocation
	if err := decode(w, r, invocationBytesMax, &in); err != nil {
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
	id := "invoke-" + time.Now().UTC().Format("20060102T150405.000000000")
	event := &isolate.Event{ID: id, Kind: isolate.KindFetch, Request: request, Done: func(r isolate.Result) { done <- r }}
	response, err := s.cfg.Engine.Dispatch(r.Context(), target, event)
	out := Invoked{Function: target.Function, Version: target.Number, Logs: []Log{}}
	var failure *isolate.Failure
	if err != nil && !errors.As(err, &failure) {
		return err
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
		out.Status, out.Body = response.Status, response.Body
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
	base := strings.TrimSuffix(urls[0], "/")
	request := &isolate.Request{Method: in.Method, URL: base + in.Path, Body: in.Body}
	for _, h := range in.Header {
		request.Header = append(request.Header, isolate.Field{Name: strings.ToLower(h[0]), Value: h[1]})
	}
	return request, nil
}

// logsOf returns the lines of one event that have come in.
func logsOf(tail *observe.Subscription, id string) []Log {
	var logs []Log
	for {
		select {
		case item := <-tail.C:
			if l := item.Line; l != nil && l.EventID == id {
				logs = append(logs, Log{Time: l.Time, Level: l.Level, Message: l.Message})
			}
		default:
			return logs
		}
	}
}
