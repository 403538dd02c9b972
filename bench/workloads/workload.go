package workloads

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
)

// Request is what a client sends.
type Request struct {
	Method string
	Path   string
	Type   string // of Body, as Content-Type; empty: none
	Body   []byte
}

// Workload is a function and the request it is measured with. Nothing changes it.
type Workload struct {
	Name    string // and that of its folder
	What    string // for people
	Request Request
	Prepare *Request // sent once before any other; nil: nothing is needed
	// Check says what is wrong with the body of an answer.
	Check func(body []byte) error

	KV     bool // it needs a store of keys
	Origin bool // it fetches from the origin that [Copy] is told of
	NPM    bool // its folder needs npm ci
}

// OriginAddress is where the sources of workloads with an origin look for it.
const OriginAddress = "127.0.0.1:9000"

// OriginAnswer is what an origin answers to GET /part/N.
func OriginAnswer(path string) string { return "this is " + path + "\n" }

const megabyte = 1 << 20

// All returns the workloads.
func All() []Workload {
	get := func(path string) Request { return Request{Method: http.MethodGet, Path: path} }
	profile := strings.Repeat("ada lovelace, mathematician; ", 8)
	document, megabytes := bytes.Repeat([]byte("0123456789abcdef"), 4096), bytes.Repeat([]byte("0123456789abcdef"), megabyte/16)
	digest := sha256.Sum256(document)
	order, accepted := orders()
	return []Workload{
		{Name: "hello", What: "a constant text: what the runtime itself costs", Request: get("/"), Check: equal("hello\n")},
		{
			Name: "json", What: "1 KB of JSON read, changed and written",
			Request: Request{Method: http.MethodPost, Path: "/orders", Type: "application/json", Body: order}, Check: equalJSON(accepted),
		},
		{
			Name: "route", What: "a Hono app with ten routes and a middleware: what a real router costs", NPM: true,
			Request: get("/users/ada/posts/7"), Check: equalJSON(`{"user":"ada","post":"7"}`),
		},
		{
			Name: "kv", What: "one key read from the store", KV: true, Request: get("/profiles/ada"), Check: equal(profile),
			Prepare: &Request{Method: http.MethodPut, Path: "/profiles/ada", Type: "text/plain", Body: []byte(profile)},
		},
		{Name: "ssr", What: "a page with a table of 100 rows, escaped", Request: get("/"), Check: checkPage},
		{
			Name: "crypto", What: "the SHA-256 of a body of 64 KB",
			Request: Request{Method: http.MethodPost, Path: "/", Type: "application/octet-stream", Body: document},
			Check:   equal(hex.EncodeToString(digest[:])),
		},
		{
			Name: "echo", What: "a body of 1 MB sent back",
			Request: Request{Method: http.MethodPost, Path: "/", Type: "application/octet-stream", Body: megabytes}, Check: equal(string(megabytes)),
		},
		{Name: "stream", What: "1 MB made in 64 chunks by a ReadableStream", Request: get("/"), Check: equal(strings.Repeat("x", megabyte))},
		{
			Name: "fanout", What: "five fetches at once", Origin: true, Request: get("/"),
			Check: equal(OriginAnswer("/part/1") + OriginAnswer("/part/2") + OriginAnswer("/part/3") + OriginAnswer("/part/4") + OriginAnswer("/part/5")),
		},
		{Name: "cpu", What: "fib(25) in JavaScript", Request: get("/"), Check: equal("75025")},
		{Name: "wasm", What: "fib(25) in WebAssembly", Request: get("/"), Check: equal("75025")},
		{Name: "many", What: "one of 1,000 functions, the popular ones more often (Zipf)", Request: get("/"), Check: begins("Hello from ")},
		{Name: "busy", What: "as many rounds of a loop as the request says, for loads with a known cost", Request: get("/?rounds=1000"), Check: equal("781287")},
	}
}

// orders returns an order of about 1 KB and what becomes of it.
func orders() (order []byte, accepted string) {
	type item struct {
		SKU      string `json:"sku"`
		Name     string `json:"name"`
		Price    int    `json:"price"`
		Quantity int    `json:"quantity"`
	}
	type content struct {
		ID       int    `json:"id"`
		Customer string `json:"customer"`
		Items    []item `json:"items"`
	}
	c := content{ID: 4711, Customer: "Ada Lovelace"}
	total := 0
	for i := range 14 {
		it := item{SKU: fmt.Sprintf("tea-%03d", i), Name: fmt.Sprintf("Tea no. %d, loose", i), Price: 300 + 25*i, Quantity: 1 + i%3}
		c.Items = append(c.Items, it)
		total += it.Price * it.Quantity
	}
	order, err := json.Marshal(c)
	if err != nil {
		panic(err) // numbers and texts can always be written
	}
	return order, strings.TrimSuffix(string(order), "}") + fmt.Sprintf(`,"total":%d,"status":"accepted"}`, total)
}

func equal(want string) func([]byte) error {
	return func(body []byte) error {
		if string(body) != want {
			return fmt.Errorf("the answer is %.80q (%d bytes), not %.80q (%d bytes)", body, len(body), want, len(want))
		}
		return nil
	}
}

// equalJSON leaves the order of keys open.
func equalJSON(want string) func([]byte) error {
	return func(body []byte) error {
		var a, b any
		if err := json.Unmarshal(body, &a); err != nil {
			return fmt.Errorf("the answer is %.80q: %w", body, err)
		}
		if err := json.Unmarshal([]byte(want), &b); err != nil {
			return err
		}
		if !reflect.DeepEqual(a, b) {
			return fmt.Errorf("the answer is %.200s, not %.200s", body, want)
		}
		return nil
	}
}

func begins(want string) func([]byte) error {
	return func(body []byte) error {
		if !bytes.HasPrefix(body, []byte(want)) {
			return fmt.Errorf("the answer is %.80q and does not begin with %q", body, want)
		}
		return nil
	}
}

// checkPage looks for the last of the rows, with what must be escaped in it.
func checkPage(body []byte) error {
	last := `<tr id="p99"><td>Tea no. 99 &lt;loose&gt;</td><td>27.75</td><td>Picked by &quot;A &amp; B&quot;, box 99</td></tr>`
	if rows := bytes.Count(body, []byte("<tr ")); rows != 100 || !bytes.Contains(body, []byte(last)) {
		return fmt.Errorf("the page has %d rows, or the last is not right: %.400q", rows, body)
	}
	return nil
}
