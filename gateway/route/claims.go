package route

import "github.com/skerry-edge/skerry/bundles"

// Claims returns the routes that a function with manifest m takes, in the order of
// m.Routes, each in the one form that all patterns of the same meaning share: two functions
// conflict if a claim of one is a claim of the other. A function without routes claims
// NAME.domain, or nothing if domain is empty. The error says what is wrong with a route.
func Claims(m *bundles.Manifest, domain string) ([]string, error) {
	var claims []string
	for _, text := range patternsOf(m.Name, m, domain) {
		p, err := parsePattern(text)
		if err != nil {
			return nil, err
		}
		claims = append(claims, p.String())
	}
	return claims, nil
}

// patternsOf are the routes of a function called name: its own, or the default one.
func patternsOf(name string, m *bundles.Manifest, domain string) []string {
	if len(m.Routes) == 0 && domain != "" {
		return []string{name + "." + domain}
	}
	return m.Routes
}
