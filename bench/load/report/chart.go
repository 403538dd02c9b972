package report

import (
	"fmt"
	"html"
	"html/template"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/skerry-edge/skerry/bench/load"
)

// A chart's size, and the margins that its axes have, in units of its own.
const (
	width, height             = 720.0, 240.0
	left, right, top, bottoms = 56.0, 12.0, 26.0, 26.0
)

// line is a line of a chart over time.
type line struct {
	name  string
	value func(load.Second) float64
}

// point is a place on a chart's plane.
type point struct{ x, y float64 }

// chart collects the SVG of one chart.
type chart struct {
	b          strings.Builder
	xMax, yMax float64
}

// newChart begins a chart whose axes go from 0 to the values given.
func newChart(title string, xMax, yMax float64) *chart {
	c := &chart{xMax: xMax, yMax: nice(yMax)}
	fmt.Fprintf(&c.b, `<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, width, height, html.EscapeString(title))
	for i := range 5 {
		v := c.yMax * float64(i) / 4
		y := c.y(v)
		fmt.Fprintf(&c.b, `<line class="grid" x1="%g" x2="%g" y1="%.1f" y2="%.1f"/>`, left, width-right, y, y)
		c.text(left-6, y+4, "end", number(v))
	}
	return c
}

func (c *chart) x(v float64) float64 { return left + v/c.xMax*(width-left-right) }
func (c *chart) y(v float64) float64 { return height - bottoms - v/c.yMax*(height-top-bottoms) }

func (c *chart) text(x, y float64, anchor, text string) {
	fmt.Fprintf(&c.b, `<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`, x, y, anchor, html.EscapeString(text))
}

// path draws a line through points, in the colour with this number.
func (c *chart) path(colour int, points []point) {
	fmt.Fprintf(&c.b, `<polyline class="c%d" points="`, colour)
	for i, p := range points {
		if i > 0 {
			c.b.WriteByte(' ')
		}
		fmt.Fprintf(&c.b, "%.1f,%.1f", c.x(p.x), c.y(p.y))
	}
	c.b.WriteString(`"/>`)
}

// legend names the colours.
func (c *chart) legend(names ...string) {
	x := left
	for i, name := range names {
		fmt.Fprintf(&c.b, `<rect class="k%d" x="%.1f" y="6" width="10" height="10"/>`, i, x)
		c.text(x+14, 15, "start", name)
		x += 34 + 7*float64(len(name))
	}
}

func (c *chart) end() template.HTML {
	c.b.WriteString("</svg>")
	return template.HTML(c.b.String()) // all text in it went through EscapeString
}

// overTime draws what the seconds of r have, those that count.
func overTime(r *load.Result, unit string, counts func(load.Second) bool, lines ...line) template.HTML {
	xMax, yMax := 0.0, 0.0
	for _, s := range r.Seconds {
		xMax = max(xMax, s.At+s.Length)
		for _, l := range lines {
			if counts(s) {
				yMax = max(yMax, l.value(s))
			}
		}
	}
	c := newChart(unit+" over time", max(xMax, 1e-3), yMax)
	names := make([]string, len(lines))
	for i, l := range lines {
		names[i] = l.name
		var points []point
		for _, s := range r.Seconds {
			if counts(s) {
				points = append(points, point{s.At + s.Length/2, l.value(s)})
			}
		}
		c.path(i, points)
	}
	for i := range 6 {
		v := c.xMax * float64(i) / 5
		c.text(c.x(v), height-8, "middle", number(v)+" s")
	}
	names[len(names)-1] += " (" + unit + ")"
	c.legend(names...)
	return c.end()
}

// curve draws latency by percentile, each further nine as wide as the one before.
func curve(r *load.Result) template.HTML {
	nines := func(percentile float64) float64 { return -math.Log10(max(1-percentile/100, 1e-9)) }
	last := 1.0
	for _, p := range r.Curve {
		if p.Percentile < 100 {
			last = max(last, nines(p.Percentile))
		}
	}
	c := newChart("latency by percentile", last, r.Latency.Max)
	var points []point
	for _, p := range r.Curve {
		points = append(points, point{min(nines(p.Percentile), last), p.Millis})
	}
	c.path(0, points)
	for _, p := range []float64{0, 50, 90, 99, 99.9, 99.99, 99.999, 99.9999} {
		if x := nines(p); x <= last {
			c.text(c.x(x), height-8, "middle", strconv.FormatFloat(p, 'f', -1, 64)+" %")
		}
	}
	c.legend("latency (ms)")
	return c.end()
}

// failures draws a bar for each kind of error; nothing if there are none.
func failures(r *load.Result) template.HTML {
	if len(r.Errors) == 0 {
		return ""
	}
	most := int64(1)
	for _, n := range r.Errors {
		most = max(most, n)
	}
	var b strings.Builder
	kinds := slices.Sorted(maps.Keys(r.Errors))
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %d" role="img" aria-label="errors by kind">`, width, 24*len(kinds)+4)
	for i, k := range kinds {
		y := 24 * i
		fmt.Fprintf(&b, `<text x="200" y="%d" text-anchor="end">%s</text><rect class="k3" x="208" y="%d" width="%.1f" height="14"/>`,
			y+16, html.EscapeString(k), y+5, max(1, float64(r.Errors[k])/float64(most)*420))
		fmt.Fprintf(&b, `<text x="%.1f" y="%d">%d</text>`, 216+float64(r.Errors[k])/float64(most)*420, y+16, r.Errors[k])
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) // all text in it went through EscapeString
}

// nice is the next number from v on that quarters well.
func nice(v float64) float64 {
	if !(v > 0) || math.IsInf(v, 0) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, step := range []float64{1, 2, 4, 6, 8} {
		if v <= step*power {
			return step * power
		}
	}
	return 10 * power
}

// number writes v with up to four digits.
func number(v float64) string {
	if v >= 1000 {
		return strconv.FormatFloat(math.Round(v), 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
