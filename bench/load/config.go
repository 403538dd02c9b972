package load

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Limits of a Config.
const (
	concurrencyMax = 100_000
	rateMax        = 10_000_000
)

// Config is what Run needs.
type Config struct {
	Source      Source        // of the requests
	Rate        Rate          // of an open loop; zero: a closed loop
	Concurrency int           // clients of a closed loop, 0: 10; requests at once of an open one, 0: 1000
	Duration    time.Duration // of what is measured; 0: 10 s
	Warmup      time.Duration // loaded before, and not measured; 0: none
	Timeout     time.Duration // of a request, from when it was meant to be sent; 0: 10 s

	// Connect is the address, host:port, that all connections go to; empty: where the URL
	// says, except that names under .localhost are this machine.
	Connect string
	// Insecure accepts any certificate.
	Insecure bool

	// Progress is called at the end of each second; nil: nobody is. The next second's call
	// waits for it.
	Progress func(Progress)
	// Usage reads what the server has used so far; nil: nobody knows. It is called before
	// and after what is measured, and each second in between.
	Usage func(context.Context) (Usage, error)
}

// Rate is how many requests a second are meant to be sent. It goes from From to To, evenly,
// in the time that is measured.
type Rate struct {
	From float64 `json:"from"`
	To   float64 `json:"to"`
}

// ParseRate reads "100", requests a second, or "100..1000", a ramp.
func ParseRate(s string) (Rate, error) {
	from, to, ramp := strings.Cut(s, "..")
	if !ramp {
		to = from
	}
	var r Rate
	var err, err2 error
	r.From, err = strconv.ParseFloat(from, 64)
	r.To, err2 = strconv.ParseFloat(to, 64)
	if err != nil || err2 != nil {
		return Rate{}, fmt.Errorf("rate %q: write requests a second as 100, or a ramp as 100..1000", s)
	}
	if r == (Rate{}) {
		return Rate{}, fmt.Errorf("rate %q: nothing would be sent", s)
	}
	return r, r.validate()
}

// String writes r as ParseRate reads it.
func (r Rate) String() string {
	text := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	if r.From == r.To {
		return text(r.From)
	}
	return text(r.From) + ".." + text(r.To)
}

func (r Rate) validate() error {
	for _, f := range []float64{r.From, r.To} {
		if math.IsNaN(f) || f < 0 || f > rateMax {
			return fmt.Errorf("rate %s: from 0 to %d requests a second are possible", r, rateMax)
		}
	}
	return nil
}

func (r Rate) open() bool { return r != Rate{} }

func (c Config) withDefaults() Config {
	if c.Concurrency == 0 {
		c.Concurrency = 10
		if c.Rate.open() {
			c.Concurrency = 1000
		}
	}
	if c.Duration == 0 {
		c.Duration = 10 * time.Second
	}
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	return c
}

// Validate names the field that can't work.
func (c Config) Validate() error {
	if c.Source == nil {
		return errors.New("load: Config.Source is nil")
	}
	if err := c.Rate.validate(); err != nil {
		return err
	}
	if c.Concurrency < 0 || c.Concurrency > concurrencyMax {
		return fmt.Errorf("concurrency %d: from 1 to %d are possible", c.Concurrency, concurrencyMax)
	}
	for _, d := range []struct {
		name string
		time time.Duration
	}{{"duration", c.Duration}, {"warmup", c.Warmup}, {"timeout", c.Timeout}} {
		if d.time < 0 || d.time > 24*time.Hour {
			return fmt.Errorf("%s %v: from 0 to 24 hours are possible", d.name, d.time)
		}
	}
	return nil
}
