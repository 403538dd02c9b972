package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// figure is one row of the table.
type figure struct {
	what  string
	value float64
	unit  string
	most  float64 // the budget; 0: none
	least float64 // the budget, where more is better; 0: none
	note  string
}

func (f figure) text() string { return number(f.value) + " " + f.unit }

// number writes a value with about three digits.
func number(v float64) string {
	switch {
	case v >= 100 || v == float64(int64(v)):
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

func (f figure) budget() string {
	switch {
	case f.most > 0:
		return "≤ " + number(f.most)
	case f.least > 0:
		return "≥ " + number(f.least)
	default:
		return ""
	}
}

func (f figure) verdict() string {
	switch {
	case f.most == 0 && f.least == 0:
		return ""
	case f.most > 0 && f.value > f.most, f.least > 0 && f.value < f.least:
		return "**missed**"
	default:
		return "met"
	}
}

// write writes the table to where the options say.
func (b *bench) write(ctx context.Context, table []figure) error {
	out := os.Stdout
	if b.out != "" {
		f, err := os.Create(b.out)
		if err != nil {
			return err
		}
		defer f.Close()
		out = f
	}
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "# Density, cold start and overload\n\n")
	fmt.Fprintf(w, "%s, commit %s, %s, %s.\n", time.Now().UTC().Format(time.DateOnly), commit(ctx), machine(), runtime.Version())
	fmt.Fprintf(w, "One run of `make bench-density`: %d functions, loads of %v, comparisons in %d rounds that alternate.\n\n", b.functions, b.time, b.rounds)
	fmt.Fprintf(w, "| what | figure | budget | | how |\n| --- | ---: | ---: | --- | --- |\n")
	for _, f := range table {
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s |\n", f.what, f.text(), f.budget(), f.verdict(), f.note)
	}
	return w.Flush()
}

// commit names the state of the source tree.
func commit(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "git", "describe", "--tags", "--always", "--dirty").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

// machine describes the processor.
//
// Source: proc_cpuinfo(5)
func machine() string {
	model := runtime.GOARCH
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%s, %d cores", model, runtime.NumCPU())
}
