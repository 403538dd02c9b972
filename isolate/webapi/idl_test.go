package webapi_test

import (
	"maps"
	"testing"

	"github.com/skerry-edge/skerry/isolate/js/jstest"
	"github.com/skerry-edge/skerry/isolate/webapi"
)

// idlSamples has an instance of each class.
var idlSamples = map[string]jstest.Sample{
	"AbortController":       {},
	"AbortSignal":           {Make: `new AbortController().signal`},
	"Blob":                  {Args: `["a"], {type: "text/plain"}`},
	"Cache":                 {Make: `caches.default`},
	"CacheStorage":          {Make: `caches`},
	"Crypto":                {Make: `crypto`},
	"CryptoKey":             {Make: `await crypto.subtle.generateKey({name: "HMAC", hash: "SHA-256"}, false, ["sign"])`},
	"CustomEvent":           {Args: `"x", {detail: 1}`},
	"DOMException":          {Args: `"m", "AbortError"`},
	"ErrorEvent":            {Args: `"x"`},
	"Event":                 {Args: `"x"`},
	"EventTarget":           {},
	"File":                  {Args: `["a"], "a.txt"`},
	"FormData":              {Make: `(() => { let f = new FormData(); f.append("a", "1"); f.append("a", "2"); return f })()`},
	"Headers":               {Args: `{b: "2", a: "1"}`},
	"HTMLRewriter":          {},
	"MessageChannel":        {},
	"MessageEvent":          {Args: `"x"`},
	"EventSource":           {Make: `EventSource.from(new Response("").body)`, Args: `"http://a/"`},
	"MessagePort":           {Make: `new MessageChannel().port1`},
	"Navigator":             {Make: `navigator`},
	"Performance":           {Make: `performance`},
	"PerformanceEntry":      {Make: `performance.mark("m")`, Abstract: true},
	"PerformanceMark":       {Args: `"m"`},
	"PerformanceMeasure":    {Make: `performance.measure("m")`},
	"PromiseRejectionEvent": {Args: `"x", {promise: Promise.resolve()}`},
	"Request":               {Args: `"http://localhost/"`},
	"Response":              {Args: `"x"`},
	"Scheduler":             {Make: `scheduler`},
	"SubtleCrypto":          {Make: `crypto.subtle`},
	"TextDecoder":           {},
	"TextEncoder":           {},
	"URL":                   {Args: `"http://localhost/"`},
	"URLPattern":            {},
	"URLSearchParams":       {Args: `"b=1&a=2"`},
}

// TestGlobalsAreAsWebIDLSays walks the table of all globals.
func TestGlobalsAreAsWebIDLSays(t *testing.T) {
	t.Parallel()
	samples := maps.Clone(idlSamples)
	maps.Copy(samples, streamSamples)
	jstest.HoldIDL(t, newPlatform(t), nil, webapi.All(), samples)
}
