package load

import (
	"fmt"
	"io"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// Usage is what a server has used so far.
type Usage struct {
	CPU         time.Duration // of all its processes
	JavaScript  time.Duration // of that, spent running functions
	Events      int64         // that are over
	MemoryBytes int64         // that its processes hold now
}

// Server is what a server used for a load.
type Server struct {
	Events           int64   `json:"events"` // that it counted, others' too
	CPUMillis        float64 `json:"cpu_ms_per_request"`
	JavaScriptMillis float64 `json:"javascript_ms_per_request"`
	MemoryBytes      int64   `json:"memory_bytes"` // at the end
	MemoryBytesMax   int64   `json:"memory_bytes_max"`
	BytesPerRequest  float64 `json:"memory_bytes_per_request"` // what memory grew by, over all requests; may be negative
}

// serverOf says what the events between two readings have cost. It is nil if there were none.
func serverOf(before, after Usage, memoryMax int64) *Server {
	n := after.Events - before.Events
	if n <= 0 {
		return nil
	}
	per := func(d time.Duration) float64 { return d.Seconds() * 1000 / float64(n) }
	return &Server{
		Events: n, CPUMillis: per(after.CPU - before.CPU), JavaScriptMillis: per(after.JavaScript - before.JavaScript),
		MemoryBytes: after.MemoryBytes, MemoryBytesMax: max(memoryMax, after.MemoryBytes, before.MemoryBytes),
		BytesPerRequest: float64(after.MemoryBytes-before.MemoryBytes) / float64(n),
	}
}

// ReadUsage reads the metrics of a Skerry node, in Prometheus' text format.
func ReadUsage(r io.Reader) (Usage, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(r)
	if err != nil {
		return Usage{}, fmt.Errorf("metrics: %w", err)
	}
	if families["process_cpu_seconds_total"] == nil {
		return Usage{}, fmt.Errorf("metrics: there is no process_cpu_seconds_total among them")
	}
	sum := func(name string) (v float64) {
		if f := families[name]; f != nil {
			for _, m := range f.Metric {
				v += m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetUntyped().GetValue()
			}
		}
		return v
	}
	return Usage{
		CPU: seconds(sum("process_cpu_seconds_total")), JavaScript: seconds(sum("skerry_cpu_seconds_total")),
		Events: int64(sum("skerry_requests_total")), MemoryBytes: int64(sum("process_resident_memory_bytes")),
	}, nil
}
