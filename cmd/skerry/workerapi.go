package main

import (
	"slices"
	"time"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/isolate"
)

// What a supervisor and its workers ask of each other over their control connection, beside
// what package supervise has there for their lives.
const (
	// Asked of a worker.
	askRoutes   = "routes"   // workerRoutes: what to serve from now on
	askWarm     = "warm"     // bundles.Version: make it ready
	askDispatch = "dispatch" // workerEvent, answered with a workerResult: one event by hand
	askTail     = "tail"     // workerTail: what somebody follows from now on
	askMetrics  = "metrics"  // metricsAsk, answered with a metricsPart

	// Asked of the supervisor.
	askSettings = "settings" // answered with workerSettings; once, before all else
	askItems    = "items"    // workerItems: what a tail wants to see
	askJail     = "jail"     // workerJail, answered with a socket: a channel into a function's jail
	askFault    = "fault"    // workerFault: a jail broke its protocol
	askBundle   = "bundle"   // bundles.Digest: fetch it to the disk
)

// Names of the files that a worker inherits.
const (
	fileHTTP  = socketHTTP
	fileKV    = "kv"    // to the supervisor's store, where it has one
	fileCache = "cache" // to where the node keeps responses, if it does
	fileNote  = "note"  // where the worker notes what it runs
)

// workerSettings is what a worker is told first.
type workerSettings struct {
	frontSettings
	Store   string       `json:"store"`   // a redis:// URL; empty: the supervisor's
	Bundles string       `json:"bundles"` // directory of the supervisor's bundles
	Routes  workerRoutes `json:"routes"`
	Tail    workerTail   `json:"tail"`
}

// workerRoutes are the live versions, and which of them run in jails.
type workerRoutes struct {
	Generation int               `json:"generation"` // one with a lower number is out of date
	Versions   []bundles.Version `json:"versions"`
	Jailed     []bundles.Digest  `json:"jailed,omitempty"`
}

// workerTail is what somebody follows.
type workerTail struct {
	Generation int      `json:"generation"`
	All        bool     `json:"all,omitempty"`
	Functions  []string `json:"functions,omitempty"`
}

// wants says whether somebody follows function.
func (w *workerTail) wants(function string) bool {
	return w.All || slices.Contains(w.Functions, function)
}

// workerItems are records and console lines, as package observe encodes them.
type workerItems struct {
	Items [][]byte `json:"items"`
}

// workerJail names the function that a worker wants a channel for.
type workerJail struct {
	Function string `json:"function"`
}

// workerFault says what a jail did.
type workerFault struct {
	Function string `json:"function"`
	Cause    string `json:"cause"`
}

// workerEvent is an HTTP request for a version. Strings of a header can be any bytes, which
// JSON's can't.
type workerEvent struct {
	Version bundles.Version `json:"version"`
	ID      string          `json:"id"`
	Method  string          `json:"method"`
	URL     string          `json:"url"`
	Header  [][2][]byte     `json:"header,omitempty"`
	Body    []byte          `json:"body"`
}

// workerResult is how an event ended.
type workerResult struct {
	Response *workerResponse  `json:"response,omitempty"`
	Failure  *isolate.Failure `json:"failure,omitempty"` // of Dispatch; nil if there is a response
	Result   isolate.Result   `json:"result"`
	Items    [][]byte         `json:"items,omitempty"` // the lines that it logged
}

type workerResponse struct {
	Status     int         `json:"status"`
	StatusText []byte      `json:"status_text,omitempty"`
	Header     [][2][]byte `json:"header,omitempty"`
	Body       []byte      `json:"body"`
}

// invokeMax is how long an event by hand may take, its waitUntil work included, that the
// supervisor passes on to a worker.
const invokeMax = 2 * time.Minute

func toWire(fields []isolate.Field) [][2][]byte {
	out := make([][2][]byte, len(fields))
	for i, f := range fields {
		out[i] = [2][]byte{[]byte(f.Name), []byte(f.Value)}
	}
	return out
}

func fromWire(fields [][2][]byte) []isolate.Field {
	out := make([]isolate.Field, len(fields))
	for i, f := range fields {
		out[i] = isolate.Field{Name: string(f[0]), Value: string(f[1])}
	}
	return out
}
