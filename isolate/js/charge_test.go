package js_test

import (
	"errors"
	"testing"
	"time"

	"github.com/skerry-edge/skerry/isolate/js"
	"github.com/skerry-edge/skerry/isolate/js/jstest"
)

func TestCharge(t *testing.T) {
	t.Parallel()
	p, err := js.NewPlatform()
	if err != nil {
		t.Fatal(err)
	}
	turns := js.NewTurns(js.TurnsConfig{})
	defer turns.Close()
	vm := p.NewVM(js.Config{Turns: turns})
	defer vm.Abandon()
	vm.Meter().Reset(js.Account{CPU: time.Hour})
	charge := func(d time.Duration) error { return vm.Enter(t.Context(), func() { vm.Charge(d) }) }
	if err := charge(59 * time.Minute); err != nil {
		t.Fatal(err)
	}
	if used := vm.Meter().Used(); used < 59*time.Minute {
		t.Errorf("%v were used", used)
	}
	if err := charge(time.Minute); err != nil && !errors.Is(err, js.ErrCPU) {
		t.Fatal(err)
	}
	if err := charge(0); !errors.Is(err, js.ErrCPU) {
		t.Errorf("the event goes on past its cap: %v", err)
	}
}

func TestStartCPU(t *testing.T) {
	t.Parallel()
	stop := js.StartCPU()
	until := time.Now().Add(20 * time.Millisecond)
	for time.Now().Before(until) {
	}
	if used := stop(); used <= 0 || used > time.Minute {
		t.Errorf("%v were used", used)
	}
}

func TestCodeUnits(t *testing.T) {
	t.Parallel()
	p, err := js.NewPlatform(
		js.Function{Name: "units", Call: func(c *js.Call) (any, error) {
			first, last, ok := c.VM.CodeUnits(c.Arg(0))
			return []any{int(first), int(last), ok}, nil
		}},
		js.Function{Name: "result", Call: func(c *js.Call) (any, error) {
			return js.IteratorResult{Value: c.Arg(0), Done: c.Bool(1)}, nil
		}},
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ src, want string }{
		{`return units("")`, "0,0,false"},
		{`return units("a")`, "97,97,true"},
		{`return units("a\ud83d")`, "97,55357,true"},
		{`return units("\0é")`, "0,233,true"},
		{`return units(1)`, "0,0,false"},
		{`return units(new String("a"))`, "0,0,false"},
		{`return JSON.stringify([result(1, false), result(undefined, true)])`, `[{"value":1,"done":false},{"done":true}]`},
	} {
		if got := jstest.Eval(t, p, nil, tc.src); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.src, got, tc.want)
		}
	}
}
