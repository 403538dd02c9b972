package observe

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

// Snapshot returns the metrics of this moment, encoded for [Merged.Set] in another process.
func (o *Observer) Snapshot() ([]byte, error) {
	families, err := o.metrics.registry.Gather()
	if err != nil {
		return nil, fmt.Errorf("observe: gather metrics: %w", err)
	}
	var b bytes.Buffer
	encoder := expfmt.NewEncoder(&b, snapshotFormat())
	for _, f := range families {
		if err := encoder.Encode(f); err != nil {
			return nil, fmt.Errorf("observe: encode metrics: %w", err)
		}
	}
	return b.Bytes(), nil
}

func snapshotFormat() expfmt.Format { return expfmt.NewFormat(expfmt.TypeProtoDelim) }

// decodeSnapshot returns an error for everything that could not be served.
func decodeSnapshot(snapshot []byte) (families, error) {
	if !delimited(snapshot) {
		return nil, errors.New("they are cut off")
	}
	decoder := expfmt.NewDecoder(bytes.NewReader(snapshot), snapshotFormat())
	got := make(families)
	for {
		f := new(dto.MetricFamily)
		err := decoder.Decode(f) // checks names
		if err == io.EOF {
			return got, nil
		}
		if err != nil {
			return nil, err
		}
		for _, metric := range f.Metric {
			if !sound(f.GetType(), metric) {
				return nil, fmt.Errorf("a series of %s is garbled", f.GetName())
			}
		}
		if len(f.Metric) > 0 { // Prometheus' text has no place for less
			got[f.GetName()] = f
		}
	}
}

// delimited says whether b is a row of lengths with as many bytes behind each. The decoder
// makes room for a length before it has seen the bytes.
func delimited(b []byte) bool {
	for len(b) > 0 {
		length, n := binary.Uvarint(b)
		if n <= 0 || length > uint64(len(b)-n) {
			return false
		}
		b = b[n+int(length):]
	}
	return true
}

// sound says whether metric is a series of a family of the given type, and can be added up.
func sound(t dto.MetricType, metric *dto.Metric) bool {
	for i, label := range metric.Label {
		if i > 0 && label.GetName() <= metric.Label[i-1].GetName() {
			return false // in one order, or labelsOf doesn't tell series apart
		}
	}
	switch t {
	case dto.MetricType_COUNTER:
		return metric.Counter != nil && counts(metric.Counter.GetValue())
	case dto.MetricType_GAUGE:
		return metric.Gauge != nil
	case dto.MetricType_SUMMARY:
		return metric.Summary != nil && counts(metric.Summary.GetSampleSum())
	case dto.MetricType_HISTOGRAM:
		return metric.Histogram != nil && counts(metric.Histogram.GetSampleSum()) && ascending(metric.Histogram)
	default:
		return false
	}
}

// counts says whether v may be added to a sum that is to grow.
func counts(v float64) bool { return v >= 0 && !math.IsInf(v, 1) }

// ascending says whether the buckets of h are in order, in both ways, and within its count.
func ascending(h *dto.Histogram) bool {
	bound, count := math.Inf(-1), uint64(0)
	for _, b := range h.Bucket {
		if !(b.GetUpperBound() > bound) || b.GetCumulativeCount() < count {
			return false
		}
		bound, count = b.GetUpperBound(), b.GetCumulativeCount()
	}
	return count <= h.GetSampleCount()
}
