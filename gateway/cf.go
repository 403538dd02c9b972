package gateway

import (
	"encoding/json"
	"fmt"
	"maps"
)

// cfTexts are what request.cf of functions is made of, as JSON: by the version of HTTP, 1.1
// and 1.0. All else is the node's.
type cfTexts [2]string

func newCFTexts(node map[string]any) (texts cfTexts, err error) {
	for i, version := range []string{"HTTP/1.1", "HTTP/1.0"} {
		cf := map[string]any{"httpProtocol": version}
		maps.Copy(cf, node)
		text, err := json.Marshal(cf)
		if err != nil {
			return texts, fmt.Errorf("gateway: CF: %w", err)
		}
		texts[i] = string(text)
	}
	return texts, nil
}

func (c *cfTexts) of(h *head) string {
	if h.old {
		return c[1]
	}
	return c[0]
}
