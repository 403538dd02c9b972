// Command streams measures what bodies cost that stream through a node: a real one, in processes
// of its own, beside a plain proxy on fasthttp in another. It prints Markdown.
//
//	go run ./bench/streams [-only REGEXP] [-events N] [-megabytes N] [-rounds N]
//
// The node and the proxy are measured in turns, so that what else the machine does meets both
// alike. Figures of two that are compared are medians of the rounds; CPU is what a process and
// its children have used, in user space and in the kernel.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"runtime"
)

// options is what the command line says.
type options struct {
	only      *regexp.Regexp // the measurements that are made, by name
	events    int            // streams of server-sent events that are open at once
	megabytes int            // that a proxied body has
	rounds    int
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == proxyArgument {
		fail(serveProxy())
		return
	}
	var o options
	only := flag.String("only", "", "make the measurements whose names match this regular `expression`")
	flag.IntVar(&o.events, "events", 1000, "how many streams of events are open at once")
	flag.IntVar(&o.megabytes, "megabytes", 100, "how large a proxied body is")
	flag.IntVar(&o.rounds, "rounds", 5, "how often the node and the plain proxy are compared")
	flag.Parse()
	if runtime.GOOS != "linux" {
		fmt.Fprintln(os.Stderr, "bench-streams: SKIPPED: what another process uses is read from /proc")
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if o.only, err = regexp.Compile(*only); err == nil {
		err = run(ctx, o)
	}
	fail(err)
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-streams:", err)
		os.Exit(1)
	}
}

// measurements are made one after the other, each on a node of its own.
var measurements = []struct {
	name      string
	function  string // a folder of bench/workloads
	cpuMillis int    // its cpu_ms
	measure   func(context.Context, *bench) error
}{
	{"events", "events", 250, measureEvents},
	{"first byte", "streams", 250, measureFirst},
	{"proxy", "streams", 250, measureProxy},
	{"slow client", "streams", 250, measureSlow},
	{"departure", "streams", 250, measureDeparture},
	{"gigabyte", "streams", 10_000, measureGigabyte}, // it takes more than a worker gives: it runs in a jail
	{"never", "streams", 250, measureNever},
}

// bench is what the measurements share.
type bench struct {
	options
	*node
	origin *origin
}

func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "bench-streams-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary, err := build(ctx, dir)
	if err != nil {
		return err
	}
	origin, err := startOrigin()
	if err != nil {
		return err
	}
	defer origin.close()
	fmt.Printf("%s/%s, %d CPUs, %s\n\n| what | figure | wanted |\n| --- | ---: | ---: |\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	for _, m := range measurements {
		if !o.only.MatchString(m.name) {
			continue
		}
		n, err := startNode(ctx, binary, origin.address, m.function, m.cpuMillis)
		if err == nil {
			err = m.measure(ctx, &bench{o, n, origin})
			n.close()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	return nil
}

// row prints a line of the table.
func row(what, wanted, format string, figures ...any) {
	fmt.Printf("| %s | %s | %s |\n", what, fmt.Sprintf(format, figures...), wanted)
}
