package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"sort"
	"strconv"
	"strings"
)

// Source gives the requests of a load, one after the other. It is called by many goroutines
// at once. An error ends the load.
type Source interface {
	Next(ctx context.Context) (*Request, error)
}

// Weighted is one of several requests, sent Weight times as often as one with weight 1.
type Weighted struct {
	Request *Request
	Weight  float64 // over 0
}

// Mix is a Source that draws from some requests, at random.
type Mix struct {
	requests []*Request
	until    []float64 // sums of weights, each with those before
}

// NewMix returns a Mix of at least one request.
func NewMix(list ...Weighted) (*Mix, error) {
	if len(list) == 0 {
		return nil, errors.New("there is no request to send")
	}
	m, sum := new(Mix), 0.0
	for _, w := range list {
		if !(w.Weight > 0) || math.IsInf(w.Weight, 0) {
			return nil, fmt.Errorf("%s: weight %v: a number over 0 is needed", w.Request.url, w.Weight)
		}
		sum += w.Weight
		m.requests, m.until = append(m.requests, w.Request), append(m.until, sum)
	}
	if math.IsInf(sum, 0) {
		return nil, errors.New("the weights are too large to be added up")
	}
	return m, nil
}

// Next draws a request.
func (m *Mix) Next(context.Context) (*Request, error) {
	if len(m.requests) == 1 {
		return m.requests[0], nil
	}
	at := rand.Float64() * m.until[len(m.until)-1]
	i := sort.Search(len(m.until), func(i int) bool { return m.until[i] > at })
	return m.requests[min(i, len(m.requests)-1)], nil
}

// Line is a line of a file of URLs.
type Line struct {
	Weight float64 // 1 if the line doesn't say
	Method string  // empty if the line doesn't say
	URL    string
}

// linesMax bounds a file of URLs.
const linesMax = 100_000

// ReadLines reads a file of URLs: one a line, each with a weight and a method before it if
// it needs them. What follows a # at the beginning of a word is a comment.
//
//	http://127.0.0.1:8787/          # weight 1, GET
//	3 http://127.0.0.1:8787/cart
//	0.5 POST http://127.0.0.1:8787/orders
func ReadLines(r io.Reader) ([]Line, error) {
	var list []Line
	scanner := bufio.NewScanner(r)
	for number := 1; scanner.Scan(); number++ {
		fields := strings.Fields(scanner.Text())
		for i, f := range fields {
			if strings.HasPrefix(f, "#") {
				fields = fields[:i]
				break
			}
		}
		if len(fields) == 0 {
			continue
		}
		l, err := readLine(fields)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if list = append(list, l); len(list) > linesMax {
			return nil, fmt.Errorf("line %d: there are more than %d URLs", number, linesMax)
		}
	}
	return list, scanner.Err()
}

func readLine(fields []string) (Line, error) {
	l := Line{Weight: 1, URL: fields[len(fields)-1]}
	before := fields[:len(fields)-1]
	if len(before) > 0 {
		if w, err := strconv.ParseFloat(before[0], 64); err == nil {
			if !(w > 0) || math.IsInf(w, 0) {
				return Line{}, fmt.Errorf("weight %s: a number over 0 is needed", before[0])
			}
			l.Weight, before = w, before[1:]
		}
	}
	if len(before) > 0 {
		l.Method, before = strings.ToUpper(before[0]), before[1:]
	}
	if len(before) > 0 {
		return Line{}, fmt.Errorf("%q is too much; write: [WEIGHT] [METHOD] URL", before[0])
	}
	if _, err := http.NewRequest(l.Method, l.URL, nil); err != nil {
		return Line{}, err
	}
	return l, nil
}
