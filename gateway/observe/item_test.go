package observe_test

import (
	"bytes"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/gateway/observe"
	"github.com/skerry-edge/skerry/isolate"
)

func items() map[string]observe.Item {
	failed := record()
	failed.Memory, failed.Outcome, failed.Path = 5<<20, isolate.OutcomeExceededCPU, "/\u2028<script>\x00"
	failed.Client = netip.MustParseAddr("2001:db8::1%eth0")
	failed.Failure = &isolate.Failure{
		Outcome: isolate.OutcomeExceededCPU, Message: "too slow", Stack: "at f (a.ts:1:2)", Detail: "goroutine 1",
		Source: &isolate.Frame{File: "a.ts", Line: 1, Column: 2, Text: "f()"}, Limit: "cpu_ms", Used: 51, Allowed: 50,
	}
	return map[string]observe.Item{
		"a record":                {Record: record()},
		"a record of a failure":   {Record: failed},
		"a record of nothing":     {Record: &observe.Record{}},
		"a line":                  {Line: &isolate.LogLine{Time: start, EventID: "r1", Function: "shop", Version: 7, Level: "warn", Message: "a\x1b]0;x\x07\n\"é"}},
		"a line of nothing":       {Line: &isolate.LogLine{}},
		"a line of a local clock": {Line: &isolate.LogLine{Time: start.In(time.FixedZone("", 5*3600+1800))}},
	}
}

func TestItemsGoFromProcessToProcess(t *testing.T) {
	t.Parallel()
	for name, item := range items() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := item.Encode()
			if err != nil {
				t.Fatal(err)
			}
			got, err := observe.DecodeItem(b)
			if err != nil {
				t.Fatal(err)
			}
			if a, b := got.AppendJSON(nil), item.AppendJSON(nil); !bytes.Equal(a, b) {
				t.Errorf("it arrives as\n%s, not\n%s", a, b)
			}
			if item.Record != nil && !reflect.DeepEqual(*got.Record, *item.Record) {
				t.Errorf("the record arrives as\n%+v, not\n%+v", *got.Record, *item.Record)
			}
			if got.Function() != item.Function() {
				t.Errorf("it is of function %q, not %q", got.Function(), item.Function())
			}
		})
	}
}

func TestDecodeItemRefuses(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]string{
		"nothing":     "",
		"no object":   "7",
		"neither":     "{}",
		"both":        `{"r":{},"l":{}}`,
		"other types": `{"r":{"Version":"x"}}`,
		"two":         `{"l":{}}{"l":{}}`,
		"null":        "null",
	} {
		if item, err := observe.DecodeItem([]byte(b)); err == nil || !strings.HasPrefix(err.Error(), "observe: ") {
			t.Errorf("%s: DecodeItem = %+v, %v", name, item, err)
		}
	}
}

func TestPublishReachesFollowers(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	o := observe.New(observe.Config{Out: &out})
	shop, all, blog := o.Subscribe("shop"), o.Subscribe(""), o.Subscribe("blog")
	defer shop.Close()
	defer all.Close()
	defer blog.Close()
	sent := items()["a line"]
	o.Publish(sent)
	for name, s := range map[string]*observe.Subscription{"shop": shop, "all": all} {
		select {
		case got := <-s.C:
			if got != sent {
				t.Errorf("%s: got %+v", name, got)
			}
		default:
			t.Errorf("%s: nothing came", name)
		}
	}
	if len(blog.C) != 0 {
		t.Error("blog sees what is shop's")
	}
	closed(t, o)
	if out.Len() > 0 || strings.Contains(metrics(t, o), `function="shop"`) {
		t.Errorf("what another process has logged and counted is again: %s", &out)
	}
}

func TestFollowedIsToldOfChanges(t *testing.T) {
	t.Parallel()
	var told [][]string
	o := observe.New(observe.Config{Followed: func(f []string) { told = append(told, f) }})
	first, second, other, all := o.Subscribe("shop"), o.Subscribe("shop"), o.Subscribe("blog"), o.Subscribe("")
	first.Close()
	all.Close()
	second.Close()
	second.Close()
	other.Close()
	want := [][]string{{"shop"}, {"blog", "shop"}, {"", "blog", "shop"}, {"blog", "shop"}, {"blog"}, nil}
	if !slices.EqualFunc(told, want, slices.Equal[[]string]) {
		t.Errorf("told %q\nwant %q", told, want)
	}
}

func TestMemoryInAccessLine(t *testing.T) {
	t.Parallel()
	r := record()
	r.Memory = 5 << 20
	if line := string(r.AppendJSON(nil)); !strings.Contains(line, `"memory_bytes":5242880,`) {
		t.Errorf("no memory in %s", line)
	}
}

func FuzzItem(f *testing.F) {
	for _, item := range items() {
		b, err := item.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	o := observe.New(observe.Config{})
	f.Fuzz(func(t *testing.T, b []byte) {
		item, err := observe.DecodeItem(b)
		if err != nil {
			return
		}
		o.Publish(item)
		line := item.AppendJSON(nil)
		if len(line) > 10<<10 {
			t.Errorf("a line of %d bytes", len(line))
		}
		again, err := item.Encode()
		if err != nil {
			t.Fatalf("what was decoded can't be encoded: %v", err)
		}
		back, err := observe.DecodeItem(again)
		if err != nil || !bytes.Equal(back.AppendJSON(nil), line) {
			t.Errorf("%s came back as %s, %v", line, back.AppendJSON(nil), err)
		}
	})
}
