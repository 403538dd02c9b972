package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/skerry-edge/skerry/bench/load"
	"github.com/skerry-edge/skerry/bench/load/report"
	"github.com/skerry-edge/skerry/bench/load/script"
	"github.com/skerry-edge/skerry/gateway/admin"
)

// benchFlags are what the command line says of a load.
type benchFlags struct {
	rate        string
	concurrency int
	duration    time.Duration
	warmup      time.Duration
	timeout     time.Duration
	method      string
	path        string
	headers     []string
	body        string
	urls        string
	script      string
	connect     string
	insecure    bool
	report      string
	save        string
	force       bool
	compare     bool
	ab          bool
	turns       int
}

// bench is one run of the command.
type bench struct {
	*terminal
	benchFlags
	remote    *remote
	hasBody   bool
	hasWarmup bool
}

func benchCommand(t *terminal) *cobra.Command {
	b := &bench{terminal: t}
	cmd := &cobra.Command{
		Use:   "bench URL-or-FUNCTION",
		Short: "Load a server or a function, and say how it did",
		Long: `Load a server, or a function of a node, and say how it did.

With --rate requests are sent at set times, whether or not earlier ones have been answered, and latency counts
from those times. Without, --concurrency clients send one request after the other.

--ab loads two targets in turns and says whether the second is slower. Of a function's versions, FN@1 FN@2, one
is live at a time: each turn makes its version live on the node, for everybody, and the end brings back the one
that was live before.

If this process was short of CPU time there is no result: it would say little of the server. --force shows it.`,
		Example: `  skerry bench shop --rate 500 --duration 30s --report out.html
  skerry bench http://127.0.0.1:8787/ --concurrency 64 --json > a.json
  skerry bench shop --rate 100..2000 --method POST --body @order.json
  skerry bench --compare a.json b.json
  skerry bench --ab shop@3 shop@4`,
		Args: cobra.MaximumNArgs(2),
	}
	f := cmd.Flags()
	f.StringVarP(&b.rate, "rate", "r", "", "requests a second, or a ramp as 100..1000: an open loop")
	f.IntVarP(&b.concurrency, "concurrency", "c", 0, "clients (default 10); with --rate, requests at once at most (default 1000)")
	f.DurationVarP(&b.duration, "duration", "D", 10*time.Second, "how long to measure; with --ab, each of the two")
	f.DurationVar(&b.warmup, "warmup", time.Second, "how long to load before (with --ab before each turn, default 500ms)")
	f.DurationVar(&b.timeout, "timeout", 10*time.Second, "how long a request may take")
	f.StringVarP(&b.method, "method", "X", "", "HTTP method (default GET, POST with --body)")
	f.StringVar(&b.path, "path", "", "path and query, relative to the target")
	f.StringArrayVarP(&b.headers, "header", "H", nil, `header, as "name: value"; may be repeated`)
	f.StringVarP(&b.body, "body", "d", "", "body; @FILE reads a file, @- standard input")
	f.StringVar(&b.urls, "urls", "", "file of URLs to draw from, one a line: [WEIGHT] [METHOD] URL")
	f.StringVar(&b.script, "script", "", "module whose default export, a function, makes each request from its number")
	f.StringVar(&b.connect, "connect", "", "address, host:port, that all connections go to (default: where the URL says)")
	f.BoolVar(&b.insecure, "insecure", false, "accept any certificate")
	f.StringVar(&b.report, "report", "", "write a page with charts to this file")
	f.StringVar(&b.save, "save", "", "write the result as JSON to this file, for --compare")
	f.BoolVar(&b.force, "force", false, "show a result although the generator was the bottleneck")
	f.BoolVar(&b.compare, "compare", false, "compare two results, files that --save or --json wrote")
	f.BoolVar(&b.ab, "ab", false, "load two targets in turns, and compare them")
	f.IntVar(&b.turns, "turns", 10, "turns of each of the two with --ab")
	b.remote = remoteFlags(t, cmd)
	cmd.MarkFlagsMutuallyExclusive("compare", "ab")
	cmd.MarkFlagsMutuallyExclusive("urls", "script")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		b.hasBody, b.hasWarmup = f.Changed("body"), f.Changed("warmup")
		switch {
		case b.compare && len(args) == 2:
			return b.compareFiles(args[0], args[1])
		case b.ab && len(args) == 2:
			return b.compareTargets(cmd.Context(), args[0], args[1])
		case b.compare:
			return &usageError{errors.New("--compare needs two files")}
		case b.ab:
			return &usageError{errors.New("--ab needs two targets")}
		case len(args) == 1:
			return b.one(cmd.Context(), args[0])
		case len(args) == 0 && b.urls != "":
			return b.one(cmd.Context(), "")
		}
		return &usageError{errors.New("one target is needed, a URL or a function")}
	}
	return cmd
}

// one loads one target.
func (b *bench) one(ctx context.Context, name string) error {
	target, err := b.target(ctx, name)
	if err != nil {
		return err
	}
	if target.version > 0 {
		return &usageError{fmt.Errorf("%s: one version can only be loaded beside another, with --ab; %s alone is the version that is live", name, target.function)}
	}
	cfg, closing, err := b.config(ctx, target)
	if err != nil {
		return err
	}
	defer closing()
	view := b.view()
	cfg.Progress = view.show
	r, err := load.Run(ctx, cfg)
	view.end()
	if err := b.trusted(err); err != nil {
		return err
	}
	r.Target = target.label
	if err := b.write(r); err != nil {
		return err
	}
	if b.document(r) {
		return nil
	}
	return r.WriteText(b.out)
}

// trusted is the error of a load; that the generator was the bottleneck is only a warning
// with --force.
func (b *bench) trusted(err error) error {
	var bottleneck *load.BottleneckError
	if !errors.As(err, &bottleneck) {
		return err
	}
	if !b.force {
		return fmt.Errorf("%w; --force shows what was measured", err)
	}
	b.note("%s %s", b.paint(yellow, "warning:"), err)
	return nil
}

// config is the load that the flags ask for.
func (b *bench) config(ctx context.Context, target benchTarget) (load.Config, func(), error) {
	cfg := load.Config{
		Concurrency: b.concurrency, Duration: b.duration, Warmup: b.warmup, Timeout: b.timeout,
		Connect: target.connect, Insecure: b.insecure, Usage: target.usage,
	}
	closing := func() {}
	var err error
	if b.rate != "" {
		if cfg.Rate, err = load.ParseRate(b.rate); err != nil {
			return cfg, closing, &usageError{err}
		}
	}
	in := admin.Invocation{Method: b.method}
	if err := b.fill(&in, b.headers, b.body, b.hasBody); err != nil {
		return cfg, closing, err
	}
	in.Method = b.method // an empty one depends on the request
	switch {
	case b.script != "":
		bundle, warnings, err := compile(ctx, compileRequest{Path: b.script, Name: "script"})
		if err != nil {
			return cfg, closing, err
		}
		for _, w := range warnings {
			b.note("%s %s", b.paint(yellow, "warning:"), printableLines(w.String()))
		}
		source, err := script.Open(ctx, script.Config{Bundle: bundle, Base: target.url, Method: in.Method, Header: in.Header, Body: in.Body})
		if err != nil {
			return cfg, closing, err
		}
		cfg.Source, closing = source, source.Close
	case b.urls != "":
		cfg.Source, err = b.lines(target, in)
	default:
		cfg.Source, err = mixOf(target, in, load.Line{Weight: 1})
	}
	if err == nil {
		if err = cfg.Validate(); err != nil {
			closing()
			err = &usageError{err}
		}
	}
	return cfg, closing, err
}

// lines reads a file of URLs.
func (b *bench) lines(target benchTarget, in admin.Invocation) (load.Source, error) {
	file, err := os.Open(b.urls)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	list, err := load.ReadLines(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.urls, err)
	}
	return mixOf(target, in, list...)
}

func mixOf(target benchTarget, in admin.Invocation, lines ...load.Line) (load.Source, error) {
	var list []load.Weighted
	for _, l := range lines {
		address, err := target.resolve(l.URL)
		if err != nil {
			return nil, err
		}
		method := l.Method
		if method == "" {
			method = in.Method
		}
		r, err := load.NewRequest(method, address, in.Header, in.Body)
		if err != nil {
			return nil, &usageError{err}
		}
		list = append(list, load.Weighted{Request: r, Weight: l.Weight})
	}
	return load.NewMix(list...)
}

// write writes the files that flags ask for.
func (b *bench) write(r *load.Result) error {
	if b.save != "" {
		text, err := json.MarshalIndent(r, "", "  ")
		if err == nil {
			err = os.WriteFile(b.save, append(text, '\n'), 0o644)
		}
		if err != nil {
			return err
		}
	}
	if b.report == "" {
		return nil
	}
	file, err := os.Create(b.report)
	if err != nil {
		return err
	}
	if err := report.Write(file, r); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}
