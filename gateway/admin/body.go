package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// readBody reads the body of r. what names it where it is larger than bytesMax.
func readBody(w http.ResponseWriter, r *http.Request, what string, bytesMax int64) ([]byte, error) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bytesMax))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &Problem{Status: http.StatusRequestEntityTooLarge, Code: "body_too_large",
			Detail: fmt.Sprintf("%s may have %d bytes at most", what, bytesMax)}
	case err != nil:
		return nil, &Problem{Status: http.StatusBadRequest, Code: "bad_request", Detail: "the upload broke off: " + err.Error()}
	}
	return data, nil
}

// readJSON reads a JSON document from the body of r. A body that is empty leaves into as it
// is.
func readJSON(w http.ResponseWriter, r *http.Request, bytesMax int64, into any) error {
	data, err := readBody(w, r, "the JSON document", bytesMax)
	if err != nil || len(data) == 0 {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return invalidf("the body is no JSON document of the right form: %v", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return invalidf("there is more than one JSON document in the body")
	}
	return nil
}
