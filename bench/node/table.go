package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

func header(version string) string {
	return "| operation | isolate | Node " + version + " | ratio | CPU ratio | wanted |  |\n" +
		"| --- | ---: | ---: | ---: | ---: | ---: | --- |\n"
}

// row is the case's line of the table: what it took in the isolate and in Node, which may
// have no rounds, or why there are no figures.
func (c benchCase) row(ours, theirs []round, err error) string {
	if err != nil {
		return line(c.name, "–", "–", "–", "–", c.wanted(), err.Error())
	}
	wall, cpu := medians(ours)
	if len(theirs) == 0 {
		return line(c.name, duration(wall), "–", "–", "–", c.wanted(), c.note)
	}
	peerWall, peerCPU := medians(theirs)
	ratio := wall / peerWall
	verdict := c.note
	if c.bound > 0 && ratio > c.bound {
		verdict = strings.TrimPrefix(verdict+"; **missed**", "; ")
	}
	return line(c.name, duration(wall), duration(peerWall), times(ratio), times(cpu/peerCPU), c.wanted(), verdict)
}

func (c benchCase) wanted() string {
	if c.bound == 0 {
		return ""
	}
	return fmt.Sprintf("%g", c.bound)
}

func line(cells ...string) string {
	for i, c := range cells {
		cells[i] = strings.NewReplacer("|", `\|`, "\n", " ").Replace(c)
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

// medians returns nanoseconds per operation.
func medians(rounds []round) (wall, cpu float64) {
	return median(rounds, func(r round) time.Duration { return r.wall }), median(rounds, func(r round) time.Duration { return r.cpu })
}

func median(rounds []round, of func(round) time.Duration) float64 {
	each := make([]float64, len(rounds))
	for i, r := range rounds {
		each[i] = float64(of(r)) / float64(r.n)
	}
	slices.Sort(each)
	if n := len(each); n%2 == 0 {
		return (each[n/2-1] + each[n/2]) / 2
	}
	return each[len(each)/2]
}

func duration(ns float64) string {
	switch {
	case ns >= 1e6:
		return fmt.Sprintf("%.2f ms", ns/1e6)
	case ns >= 1e3:
		return fmt.Sprintf("%.2f µs", ns/1e3)
	default:
		return fmt.Sprintf("%.0f ns", ns)
	}
}

func times(ratio float64) string { return fmt.Sprintf("%.2f", ratio) }
