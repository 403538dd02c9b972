//go:build unix

package control_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/skerry-edge/skerry/gateway/supervise/control"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hang bounds a test that would wait forever. It decides nothing.
const hang = 30 * time.Second

// pair joins two connections.
func pair(t *testing.T, a, b control.Config) (*control.Conn, *control.Conn) {
	t.Helper()
	fa, fb, err := control.Pair()
	if err != nil {
		t.Fatal(err)
	}
	ca, err := control.New(fa, a)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ca.Close() })
	cb, err := control.New(fb, b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cb.Close() })
	return ca, cb
}

func serving(handlers map[string]control.Handler) control.Config {
	return control.Config{Handlers: handlers}
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), hang)
	t.Cleanup(cancel)
	return ctx
}

func TestCall(t *testing.T) {
	t.Parallel()
	a, _ := pair(t, control.Config{}, serving(map[string]control.Handler{
		"double": func(_ context.Context, r *control.Request) (any, error) {
			var n int
			if err := r.Decode(&n); err != nil {
				return nil, err
			}
			return 2 * n, nil
		},
		"nothing": func(context.Context, *control.Request) (any, error) { return nil, nil },
		"fails":   func(context.Context, *control.Request) (any, error) { return nil, errors.New("no luck") },
		"coded": func(context.Context, *control.Request) (any, error) {
			return nil, fmt.Errorf("load: %w", &control.Error{Code: "busy_disk", Message: "wait"})
		},
		"panics":     func(context.Context, *control.Request) (any, error) { panic("oh") },
		"unsendable": func(context.Context, *control.Request) (any, error) { return func() {}, nil },
		"large":      func(context.Context, *control.Request) (any, error) { return strings.Repeat("x", 2<<20), nil },
	}))
	for _, tc := range []struct {
		name, method string
		params       any
		want         int
		code, errs   string
	}{
		{"a result comes back", "double", 21, 42, "", ""},
		{"no result is null", "nothing", nil, 0, "", ""},
		{"an error's text arrives", "fails", nil, 0, "", "no luck"},
		{"an error's code arrives", "coded", nil, 0, "busy_disk", "load: wait"},
		{"a panic is an error", "panics", nil, 0, control.CodePanic, `the handler of "panics" panicked: oh`},
		{"a result that is no JSON is an error", "unsendable", nil, 0, control.CodeResult, "json"},
		{"a result that is too large is an error", "large", nil, 0, control.CodeResult, "1048576 are the most"},
		{"parameters of another kind are an error", "double", "x", 0, "", `parameters of "double"`},
		{"an unknown method is an error", "triple", 1, 0, control.CodeUnknown, `no method "triple" here, only coded, double`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got int
			err := a.Call(within(t), tc.method, tc.params, &got)
			if tc.errs == "" {
				if err != nil || got != tc.want {
					t.Fatalf("got %d, %v, want %d", got, err, tc.want)
				}
				return
			}
			var e *control.Error
			if !errors.As(err, &e) || e.Code != tc.code || !strings.Contains(e.Error(), tc.errs) {
				t.Fatalf("got %v (code %q), want %q (code %q)", err, e.Code, tc.errs, tc.code)
			}
		})
	}
}

func TestCallsBothWaysAtOnce(t *testing.T) {
	t.Parallel()
	echo := serving(map[string]control.Handler{"echo": func(_ context.Context, r *control.Request) (any, error) {
		return r.Params, nil
	}})
	echo.CallsMax = 1 << 20
	a, b := pair(t, echo, echo)
	var calls sync.WaitGroup
	for i := range 200 {
		for _, c := range []*control.Conn{a, b} {
			calls.Go(func() {
				want, got := fmt.Sprint(c == a, i, strings.Repeat("y", i*100)), ""
				if err := c.Call(within(t), "echo", want, &got); err != nil || got != want {
					t.Errorf("call %d: got %.20q, %v", i, got, err)
				}
			})
		}
	}
	calls.Wait()
}

func TestTooManyCallsAreRefused(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	var running atomic.Int32
	cfg := serving(map[string]control.Handler{"wait": func(ctx context.Context, _ *control.Request) (any, error) {
		running.Add(1)
		select {
		case <-release:
		case <-ctx.Done():
		}
		return nil, nil
	}})
	cfg.CallsMax = 3
	a, _ := pair(t, control.Config{}, cfg)
	results := make(chan error)
	for range 4 {
		go func() { results <- a.Call(within(t), "wait", nil, nil) }()
	}
	var e *control.Error
	if err := <-results; !errors.As(err, &e) || e.Code != control.CodeBusy {
		t.Fatalf("the first answer is %v, want %s", err, control.CodeBusy)
	}
	close(release)
	for range 3 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if n := running.Load(); n != 3 {
		t.Errorf("%d ran, want 3", n)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	began, ended := make(chan struct{}), make(chan struct{})
	a, _ := pair(t, control.Config{}, serving(map[string]control.Handler{
		"wait": func(ctx context.Context, _ *control.Request) (any, error) {
			close(began)
			<-ctx.Done()
			close(ended)
			return nil, nil
		},
		"hello": func(context.Context, *control.Request) (any, error) { return "hi", nil },
	}))
	ctx, cancel := context.WithCancel(within(t))
	result := make(chan error)
	go func() { result <- a.Call(ctx, "wait", nil, nil) }()
	<-began
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
	select {
	case <-ended:
	case <-time.After(hang):
		t.Fatal("the handler was not told")
	}
	if err := a.Call(within(t), "hello", nil, nil); err != nil {
		t.Errorf("the connection does not outlive a cancel: %v", err)
	}
	if err := a.Call(ctx, "hello", nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a call whose context is over: got %v", err)
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	// upper reads the files that come, and answers with as many others.
	a, _ := pair(t, control.Config{}, serving(map[string]control.Handler{
		"upper": func(_ context.Context, r *control.Request) (any, error) {
			var count int
			for _, f := range r.Files() {
				text, err := io.ReadAll(f)
				f.Close()
				if err != nil {
					return nil, err
				}
				out, in, err := os.Pipe()
				if err != nil {
					return nil, err
				}
				fmt.Fprint(in, strings.ToUpper(string(text)))
				in.Close()
				r.Attach(out)
				count++
			}
			return count, nil
		},
		"ignore": func(context.Context, *control.Request) (any, error) { return nil, nil },
	}))
	var calls sync.WaitGroup
	for i := range 20 {
		calls.Go(func() { // files must arrive with their own frame, whatever else is sent
			if err := a.Call(within(t), "ignore", strings.Repeat("z", 50_000), nil); err != nil {
				t.Error(err)
			}
		})
		calls.Go(func() {
			n := i % 4
			var files []*os.File
			for j := range n {
				files = append(files, pipeWith(t, fmt.Sprintf("file %d of %d", j, i)))
			}
			var count int
			got, err := a.Exchange(within(t), "upper", nil, files, &count)
			if err != nil || count != n || len(got) != n {
				t.Errorf("call %d: %d files, count %d, %v; want %d", i, len(got), count, err, n)
				return
			}
			for j, f := range got {
				text, _ := io.ReadAll(f)
				f.Close()
				if want := fmt.Sprintf("FILE %d OF %d", j, i); string(text) != want {
					t.Errorf("got %q, want %q", text, want)
				}
			}
		})
	}
	calls.Wait()
	many := make([]*os.File, 17)
	for i := range many {
		many[i] = os.Stdin
	}
	if _, err := a.Exchange(within(t), "ignore", nil, many, nil); err == nil || !strings.Contains(err.Error(), "16 can be sent") {
		t.Errorf("17 files: %v", err)
	}
}

// TestFilesNobodyTakesAreClosed shows it by a pipe: its reader sees the end when the last
// copy of the writing end is closed.
func TestFilesNobodyTakesAreClosed(t *testing.T) {
	t.Parallel()
	a, _ := pair(t, control.Config{}, serving(map[string]control.Handler{
		"ignore": func(context.Context, *control.Request) (any, error) { return nil, nil },
		"give": func(_ context.Context, r *control.Request) (any, error) {
			r.Attach(r.Files()...)
			return nil, nil
		},
	}))
	for _, method := range []string{"ignore", "give", "unknown"} {
		out, in, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		files, _ := a.Exchange(within(t), method, nil, []*os.File{in}, nil)
		in.Close()
		for _, f := range files {
			f.Close()
		}
		out.SetReadDeadline(time.Now().Add(hang))
		if _, err := out.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("%s: %v, want the end of the pipe", method, err)
		}
		out.Close()
	}
}

func TestEnd(t *testing.T) {
	t.Parallel()
	stuck := func(ctx context.Context, _ *control.Request) (any, error) { <-ctx.Done(); return nil, ctx.Err() }
	for _, tc := range []struct {
		name string
		end  func(a, b *control.Conn)
		want error
	}{
		{"closed by the other side", func(_, b *control.Conn) { b.Close() }, control.ErrGone},
		{"closed by this side", func(a, _ *control.Conn) { a.Close() }, control.ErrClosed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			began := make(chan struct{})
			a, b := pair(t, control.Config{}, serving(map[string]control.Handler{
				"wait": func(ctx context.Context, r *control.Request) (any, error) {
					close(began)
					return stuck(ctx, r)
				},
			}))
			result := make(chan error)
			go func() { result <- a.Call(within(t), "wait", nil, nil) }()
			<-began
			tc.end(a, b)
			if err := <-result; !errors.Is(err, tc.want) {
				t.Errorf("the call in flight: %v, want %v", err, tc.want)
			}
			<-a.Done()
			if err := a.Call(within(t), "wait", nil, nil); !errors.Is(err, tc.want) {
				t.Errorf("the next call: %v, want %v", err, tc.want)
			}
			if err := a.Err(); !errors.Is(err, tc.want) {
				t.Errorf("Err: %v, want %v", err, tc.want)
			}
		})
	}
}

func TestASideThatDoesNotReadIsGivenUp(t *testing.T) {
	t.Parallel()
	fa, fb, err := control.Pair()
	if err != nil {
		t.Fatal(err)
	}
	defer fb.Close() // open, and never read
	a, err := control.New(fa, control.Config{WriteTimeout: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	large := strings.Repeat("x", 900_000) // more than a socket holds
	if err := a.Call(within(t), "take", large, nil); !errors.Is(err, control.ErrGone) {
		t.Errorf("got %v, want %v", err, control.ErrGone)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for field, cfg := range map[string]control.Config{
		"FrameBytesMax": {FrameBytesMax: -1},
		"SendBytesMax":  {SendBytesMax: -1},
		"CallsMax":      {CallsMax: -1},
		"WriteTimeout":  {WriteTimeout: -1},
	} {
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), field+" is -1") {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func BenchmarkCall(b *testing.B) {
	fa, fb, err := control.Pair()
	if err != nil {
		b.Fatal(err)
	}
	one, err := control.New(fa, control.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer one.Close()
	other, err := control.New(fb, serving(map[string]control.Handler{
		"ping": func(context.Context, *control.Request) (any, error) { return nil, nil },
	}))
	if err != nil {
		b.Fatal(err)
	}
	defer other.Close()
	b.ReportAllocs()
	for b.Loop() {
		if err := one.Call(context.Background(), "ping", nil, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// pipeWith returns the reading end of a pipe that holds text.
func pipeWith(t *testing.T, text string) *os.File {
	out, in, err := os.Pipe()
	if err != nil {
		t.Error(err)
		return nil
	}
	fmt.Fprint(in, text)
	in.Close()
	t.Cleanup(func() { out.Close() })
	return out
}
