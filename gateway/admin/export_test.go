package admin

// Endpoint is one line of the table of endpoints.
type Endpoint struct {
	Method, Path  string
	Open, Private bool
}

// Endpoints returns the table of endpoints.
func Endpoints() []Endpoint {
	var list []Endpoint
	for _, e := range endpoints() {
		list = append(list, Endpoint{Method: e.method, Path: e.path, Open: e.access == open, Private: e.access == private})
	}
	return list
}

// What the table of errors and the form of headers are tested through.
var (
	ProblemOf      = problemOf
	MetadataLine   = metadataHeader
	Heartbeat      = heartbeat
	InvocationSize = invocationBytesMax
)
