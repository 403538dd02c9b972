package admin

import (
	"time"

	"github.com/skerry-edge/skerry/bundles"
)

// Version is one version of a function.
type Version struct {
	Function string         `json:"function"`
	Version  int            `json:"version"`
	Digest   bundles.Digest `json:"digest"`
	Message  string         `json:"message,omitempty"`
	Created  time.Time      `json:"created"`
	Percent  int            `json:"percent"` // of the function's events; 0: not live
}

// Function is a function with the version that is live.
type Function struct {
	Name      string            `json:"name"`
	Version   int               `json:"version"`
	Digest    bundles.Digest    `json:"digest"`
	Isolation bundles.Isolation `json:"isolation"`
	Message   string            `json:"message,omitempty"`
	Created   time.Time         `json:"created"`
	URLs      []string          `json:"urls"` // where it answers
}

// Change is the answer to a push, a rollback or a removal.
type Change struct {
	Function  string         `json:"function"`
	Version   int            `json:"version,omitempty"` // that is live now; 0: none
	Digest    bundles.Digest `json:"digest,omitempty"`
	Unchanged bool           `json:"unchanged,omitempty"` // it was live already
	URLs      []string       `json:"urls,omitempty"`
	Revision  int64          `json:"revision"` // of the catalog
	Nodes     []Node         `json:"nodes"`    // the reachable nodes, and which have switched
}

// Complete says whether every reachable node serves the change.
func (c *Change) Complete() bool {
	for _, n := range c.Nodes {
		if !n.Switched {
			return false
		}
	}
	return true
}

// Node is a node of those that share a store.
type Node struct {
	ID       string `json:"id"`
	Switched bool   `json:"switched"`        // it serves the change that the answer is about
	Error    string `json:"error,omitempty"` // why not, where that is known
}

// Status is what a node says of itself.
type Status struct {
	Version   string    `json:"version"` // of Skerry
	Node      string    `json:"node"`
	Store     string    `json:"store"` // "bolt" or "redis", without addresses
	Started   time.Time `json:"started"`
	Listen    string    `json:"listen"`
	Revision  int64     `json:"revision"` // of the catalog that is served
	Functions int       `json:"functions"`
	Ready     bool      `json:"ready"`
	Degraded  []string  `json:"degraded,omitempty"` // what is not as it should be, a sentence each
	PID       int       `json:"pid"`
	Processes []Process `json:"processes,omitempty"` // that run functions, beside the node's own

	// MissingLayers are what should stand between a jail and the machine, and which this
	// machine doesn't have, a sentence each.
	MissingLayers []string `json:"missing_layers,omitempty"`
}

// Process is one of those that run functions.
type Process struct {
	Kind     string    `json:"kind"`               // "worker" or "jail"
	Slot     int       `json:"slot"`               // of a worker; its successor has the same
	Function string    `json:"function,omitempty"` // of a jail
	PID      int       `json:"pid"`
	State    string    `json:"state"` // "starting", "serving", "condemned", "draining", "leaving", "gone"
	Since    time.Time `json:"since"` // when it came to this state
	Cause    string    `json:"cause,omitempty"`
}

// Quarantined is a function's version that has cost a process of this node.
type Quarantined struct {
	Function    string    `json:"function"`
	Version     int       `json:"version,omitempty"` // 0: not known; the function or the version may be gone
	Digest      string    `json:"digest"`            // its first 12 digits
	Since       time.Time `json:"since"`
	Latest      time.Time `json:"latest"` // loss of a process
	Cause       string    `json:"cause"`  // of that loss
	WorkersLost int       `json:"workers_lost"`
	JailsLost   int       `json:"jails_lost"`
	Place       string    `json:"place"`          // where it runs now: "jail", or "refused": nowhere before Until
	Until       time.Time `json:"until,omitzero"` // of a refusal
}

// Invocation is an event by hand.
type Invocation struct {
	Method string      `json:"method"` // empty: GET
	Path   string      `json:"path"`   // with query; empty: "/"
	Header [][2]string `json:"header,omitempty"`
	Body   []byte      `json:"body,omitempty"` // base64 in JSON; nil: none
}

// Invoked is what came of an Invocation.
type Invoked struct {
	Function string      `json:"function"`
	Version  int         `json:"version"`
	Outcome  string      `json:"outcome"`
	Error    string      `json:"error,omitempty"`
	Stack    string      `json:"stack,omitempty"`
	Status   int         `json:"status,omitempty"` // 0: no response
	Header   [][2]string `json:"header,omitempty"`
	Body     []byte      `json:"body,omitempty"` // base64 in JSON
	CPU      float64     `json:"cpu_ms"`
	Time     float64     `json:"time_ms"` // until the end of waitUntil work
	Logs     []Log       `json:"logs"`
}

// Log is one line of console output.
type Log struct {
	Time    time.Time `json:"time"`
	Level   string    `json:"level"`
	Message string    `json:"message"`
}

// KVKey is one line of a listing of a KV namespace.
type KVKey struct {
	Name       string `json:"name"`
	Expiration int64  `json:"expiration,omitempty"` // seconds since 1970; 0: never
	Metadata   any    `json:"metadata,omitempty"`
}

// KVPage is a part of a namespace's keys, in order.
type KVPage struct {
	Keys     []KVKey `json:"keys"`
	Complete bool    `json:"list_complete"`
	Cursor   string  `json:"cursor,omitempty"` // where the next page starts
}

// Problem is an error of the API, an RFC 9457 document.
//
// Spec: https://www.rfc-editor.org/rfc/rfc9457
type Problem struct {
	Type   string `json:"type"` // "about:blank"
	Title  string `json:"title"`
	Status int    `json:"status"`
	Code   string `json:"code"`   // stable: "unauthorized", "conflict", "invalid", …
	Detail string `json:"detail"` // what is wrong, and what to do

	// Where a pushed bundle fails, if that is known.
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	Text   string `json:"text,omitempty"`
	Stack  string `json:"stack,omitempty"`
}

func (p *Problem) Error() string { return p.Detail }
