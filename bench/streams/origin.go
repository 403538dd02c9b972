package main

import (
	"io"
	"net"
	"net/http"
	"strconv"
)

// origin is a server that functions and the plain proxy ask. It gives as many zeros as the path
// says, and takes what it is sent.
type origin struct {
	server  *http.Server
	address string
	reports chan report
}

// report is what a function says of a client that left.
type report struct {
	what string  // abort or cancel
	made int     // chunks
	at   float64 // milliseconds since 1970
}

func startOrigin() (*origin, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	o := &origin{address: l.Addr().String(), reports: make(chan report, 16)}
	o.server = &http.Server{Handler: o}
	go func() { _ = o.server.Serve(l) }()
	return o, nil
}

func (o *origin) close() { _ = o.server.Close() }

func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/report" {
		q := r.URL.Query()
		made, _ := strconv.Atoi(q.Get("made"))
		at, _ := strconv.ParseFloat(q.Get("at"), 64)
		o.reports <- report{q.Get("what"), made, at}
		return
	}
	if r.Method == http.MethodPost {
		n, _ := io.CopyBuffer(io.Discard, r.Body, make([]byte, 64<<10))
		_, _ = io.WriteString(w, strconv.FormatInt(n, 10))
		return
	}
	n, _ := strconv.Atoi(r.URL.Path[1:])
	w.Header().Set("Content-Length", strconv.Itoa(n))
	piece := make([]byte, 64<<10)
	for n > 0 {
		k, err := w.Write(piece[:min(n, len(piece))])
		if n -= k; err != nil {
			return
		}
	}
}
