package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"syscall"
	"time"
)

const (
	slowRate = 10 << 10 // bytes a second
	slowFor  = 3 * time.Second
)

// errSilent says that the function did not report.
var errSilent = errors.New("the function does not report that its client left")

// measureSlow reads slowly: how much more does the function make than was read?
func measureSlow(ctx context.Context, b *bench) error {
	// What the client's own kernel takes is not held: it takes little.
	small := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 64<<10) })
	}}
	c, err := small.DialContext(ctx, "tcp", b.listen)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := io.WriteString(c, b.head("/chunks?n=100000&report="+b.reportURL())); err != nil {
		return err
	}
	read := int64(0)
	for began := time.Now(); time.Since(began) < slowFor; time.Sleep(100 * time.Millisecond) {
		n, err := io.CopyN(io.Discard, c, slowRate/10)
		if read += n; err != nil {
			return err
		}
	}
	c.Close()
	made := 0
	for range 2 {
		r, err := b.reported()
		if err != nil {
			return err
		}
		made = max(made, r.made)
	}
	row("more than a client has read at 10 KB/s, the function makes", "≤ 1 MB", "%d KB", (int64(made)<<16-read)>>10)
	return nil
}

// measureDeparture leaves in the middle of bodies.
func measureDeparture(_ context.Context, b *bench) error {
	times := make(map[string][]time.Duration)
	for range 50 {
		c, err := b.get("/chunks?n=100000&report=" + b.reportURL())
		if err != nil {
			return err
		}
		if _, err := bufio.NewReader(c).ReadString('\n'); err != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond) // it does not read
		left := float64(time.Now().UnixMicro()) / 1000
		c.Close()
		for range 2 {
			r, err := b.reported()
			if err != nil {
				return err
			}
			times[r.what] = append(times[r.what], time.Duration((r.at-left)*float64(time.Millisecond)))
		}
	}
	for _, what := range []string{"cancel", "abort"} {
		row("a client leaves: "+what+" of the stream or signal after (median, 99 %, most)", "≤ 100 ms", "%s", spread(times[what]))
	}
	return nil
}

// reportURL is where the function reports to, for a query.
func (b *bench) reportURL() string { return url.QueryEscape("http://" + b.origin.address + "/report") }

// reported waits for a report.
func (b *bench) reported() (report, error) {
	select {
	case r := <-b.origin.reports:
		return r, nil
	case <-time.After(10 * time.Second):
		return report{}, errSilent
	}
}
