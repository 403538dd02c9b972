package admin

import (
	_ "embed"
	"net/http"
)

// openAPIDocument describes the API; a test holds it against [endpoints].
//
//go:embed openapi.json
var openAPIDocument []byte

func (s *Server) openAPI(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(openAPIDocument) // the caller may have left
	return nil
}
