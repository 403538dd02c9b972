package admin

import (
	"fmt"
	"net/http"
	"time"
)

// heartbeat is how often a tail that has nothing to say writes an empty line, so that both
// ends notice when the other is gone.
const heartbeat = 10 * time.Second

// tail streams what functions log, and a record of each event, as JSON documents, one a
// line. The query "function" picks one function.
func (s *Server) tail(w http.ResponseWriter, r *http.Request) error {
	tail := s.cfg.Tail.Subscribe(r.URL.Query().Get("function"))
	defer tail.Close()
	out := http.NewResponseController(w)
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	var dropped uint64
	for {
		if err := out.Flush(); err != nil {
			return nil // the caller has left
		}
		var line []byte
		select {
		case item := <-tail.C:
			line = item.AppendJSON(nil)
		case <-beat.C:
		case <-r.Context().Done():
			return nil
		}
		if now := tail.Dropped(); now > dropped {
			line = fmt.Appendf(line, "\n{\"type\":\"dropped\",\"lines\":%d}", now-dropped)
			dropped = now
		}
		if err := out.SetWriteDeadline(time.Now().Add(2 * heartbeat)); err != nil {
			return nil
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return nil
		}
	}
}
