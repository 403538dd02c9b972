package webapi_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/skerry-edge/skerry/isolate/js/jstest"
)

// TestStreamsStandard runs the cases in testdata/streams: what the Streams standard says, as
// small scripts. A file is a list of cases:
//
//	=== what is said
//	the body of an asynchronous function
//	--- what it returns
//
// Spec: https://streams.spec.whatwg.org/
func TestStreamsStandard(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/streams/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("there are no cases:", err)
	}
	prelude, err := os.ReadFile("testdata/streams/prelude.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			for _, tc := range streamCases(t, file) {
				t.Run(tc.name, func(t *testing.T) {
					t.Parallel()
					got := eval(t, string(prelude)+"return show(await (async () => {\n"+tc.src+"\n})())")
					if got != tc.want {
						t.Errorf("%s\n got %q\nwant %q", tc.src, got, tc.want)
					}
				})
			}
		})
	}
}

// streamCases reads a file of cases.
func streamCases(t *testing.T, file string) (cases []row) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for part := range strings.SplitSeq("\n"+string(text), "\n=== ") {
		if part == "" {
			continue
		}
		name, rest, _ := strings.Cut(part, "\n")
		src, want, ok := strings.Cut(rest, "\n--- ")
		if !ok {
			t.Fatalf("%s: %q has no result", file, name)
		}
		cases = append(cases, row{name, src, strings.TrimSpace(want)})
	}
	return cases
}

// streamSamples are the instances of the classes of streams; see idlSamples.
var streamSamples = map[string]jstest.Sample{
	"ByteLengthQueuingStrategy":        {Args: `{highWaterMark: 1}`},
	"CompressionStream":                {Args: `"gzip"`},
	"DecompressionStream":              {Args: `"gzip"`},
	"FixedLengthStream":                {Args: `1`},
	"IdentityTransformStream":          {},
	"TextDecoderStream":                {},
	"TextEncoderStream":                {},
	"CountQueuingStrategy":             {Args: `{highWaterMark: 1}`},
	"ReadableByteStreamController":     {Make: `(() => { let c; new ReadableStream({type: "bytes", start(k) { c = k }}); return c })()`},
	"ReadableStream":                   {},
	"ReadableStreamBYOBReader":         {Args: `new ReadableStream({type: "bytes"})`},
	"ReadableStreamBYOBRequest":        {Make: `(() => { let c; new ReadableStream({type: "bytes", start(k) { c = k }}).getReader({mode: "byob"}).read(new Uint8Array(1)); return c.byobRequest })()`},
	"ReadableStreamDefaultController":  {Make: `(() => { let c; new ReadableStream({start(k) { c = k }}); return c })()`},
	"ReadableStreamDefaultReader":      {Args: `new ReadableStream()`},
	"TransformStream":                  {},
	"TransformStreamDefaultController": {Make: `(() => { let c; new TransformStream({start(k) { c = k }}); return c })()`},
	"WritableStream":                   {},
	"WritableStreamDefaultController":  {Make: `(() => { let c; new WritableStream({start(k) { c = k }}); return c })()`},
	"WritableStreamDefaultWriter":      {Args: `new WritableStream()`},
}
