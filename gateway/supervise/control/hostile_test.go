//go:build unix

package control

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// raw is a side of a connection that keeps to no rules.
func raw(t testing.TB, cfg Config) (*Conn, *net.UnixConn) {
	ours, theirs, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	socket, err := connOf(theirs)
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(ours, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c, socket
}

func frame(h head, payload string) []byte {
	h.length = uint32(len(payload))
	return append(h.append(nil), payload...)
}

func withByte(b []byte, at int, v byte) []byte {
	b[at] = v
	return b
}

func TestGarbageEndsTheConnection(t *testing.T) {
	t.Parallel()
	request := func() []byte { return frame(head{kind: kindRequest, id: 1}, `{"method":"stay"}`) }
	huge := binary.BigEndian.AppendUint32(nil, 1<<32-1)
	for _, tc := range []struct {
		name string
		send []byte
		want string
	}{
		{"a kind that there is not", withByte(request(), 4, 9), "a frame of kind 9"},
		{"kind zero", withByte(request(), 4, 0), "a frame of kind 0"},
		{"bits that mean nothing", withByte(request(), 7, 1), "bits that mean nothing"},
		{"4 GB", append(huge, frame(head{kind: kindRequest, id: 1}, "")[4:]...), "4294967295 bytes"},
		{"no id", frame(head{kind: kindRequest}, `{"method":"stay"}`), "without an id"},
		{"files that don't come", frame(head{kind: kindRequest, id: 1, files: 2}, `{"method":"stay"}`), "0 files with a frame that announces 2"},
		{"more files than may come", frame(head{kind: kindRequest, id: 1, files: 200}, ""), "200 files"},
		{"files with a failure", frame(head{kind: kindFailure, id: 1, files: 1}, "{}"), "files with a frame of kind 3"},
		{"a cancel with a payload", frame(head{kind: kindCancel, id: 1}, "{}"), "a cancel with 2 bytes"},
		{"a request that is no JSON", frame(head{kind: kindRequest, id: 1}, "\xff\x00"), "no JSON"},
		{"a request without a method", frame(head{kind: kindRequest, id: 1}, "{}"), "without a method"},
		{"a request twice", append(request(), request()...), "a second request 1"},
		{"an answer to nothing", frame(head{kind: kindAnswer, id: 7}, "1"), "never asked"},
		{"an answer that is no JSON", frame(head{kind: kindAnswer, id: 7}, "{"), "an answer that is no JSON"},
		{"a failure that is no JSON", frame(head{kind: kindFailure, id: 7}, "{"), "a failure that is no JSON"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c, socket := raw(t, Config{Handlers: map[string]Handler{"stay": func(ctx context.Context, _ *Request) (any, error) {
				<-ctx.Done()
				return nil, nil
			}}})
			defer c.Close()
			defer socket.Close()
			socket.Write(tc.send)
			select {
			case <-c.Done():
			case <-time.After(30 * time.Second):
				t.Fatal("the connection lives on")
			}
			var broken *ProtocolError
			if err := c.Err(); !errors.As(err, &broken) || !strings.Contains(broken.Reason, tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

func TestHalfAFrameIsNoFrame(t *testing.T) {
	t.Parallel()
	whole := frame(head{kind: kindRequest, id: 1}, `{"method":"never"}`)
	for _, n := range []int{1, headBytes - 1, headBytes, len(whole) - 1} {
		c, socket := raw(t, Config{Handlers: map[string]Handler{"never": func(context.Context, *Request) (any, error) {
			t.Errorf("%d bytes of %d were taken for a request", n, len(whole))
			return nil, nil
		}}})
		socket.Write(whole[:n])
		socket.Close()
		<-c.Done()
		if err := c.Err(); !errors.Is(err, ErrGone) {
			t.Errorf("after %d bytes: %v, want %v", n, err, ErrGone)
		}
		c.Close()
	}
}

// TestFilesInTheWrongPlaceAreClosed sends files with bytes that are no frame's first.
func TestFilesInTheWrongPlaceAreClosed(t *testing.T) {
	t.Parallel()
	whole := frame(head{kind: kindRequest, id: 1, files: 1}, `{"method":"stay"}`)
	for _, tc := range []struct {
		name string
		at   int // how much of the frame goes before the bytes that carry the file
		n    int // how many files
	}{
		{"with a payload", headBytes, 1},
		{"more than announced", 0, 2},
		{"far more than may come", 0, 40},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c, socket := raw(t, Config{})
			defer c.Close()
			defer socket.Close()
			out, in, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer out.Close()
			fds := make([]int, tc.n)
			for i := range fds {
				fds[i] = int(in.Fd())
			}
			socket.Write(whole[:tc.at])
			if _, _, err := socket.WriteMsgUnix(whole[tc.at:], syscall.UnixRights(fds...), nil); err != nil {
				t.Fatal(err)
			}
			in.Close()
			<-c.Done()
			var broken *ProtocolError
			if err := c.Err(); !errors.As(err, &broken) {
				t.Errorf("got %v, want a *ProtocolError", err)
			}
			out.SetReadDeadline(time.Now().Add(30 * time.Second))
			if _, err := out.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("the file is still open: %v", err)
			}
		})
	}
}

func FuzzConn(f *testing.F) {
	f.Add(frame(head{kind: kindRequest, id: 1}, `{"method":"echo","params":[1,{"a":null}]}`))
	f.Add(frame(head{kind: kindCancel, id: 1}, ""))
	f.Add(append(frame(head{kind: kindRequest, id: 3}, `{"method":"x"}`), frame(head{kind: kindAnswer, id: 1}, `{"result":2}`)...))
	f.Add(frame(head{kind: kindFailure, id: 1}, `{"code":"c","message":"m"}`))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, sent []byte) {
		c, socket := raw(t, Config{FrameBytesMax: 4096, Handlers: map[string]Handler{
			"echo": func(_ context.Context, r *Request) (any, error) { return r.Params, nil },
		}})
		go io.Copy(io.Discard, socket) // ends with the connection
		waiting := make(chan error)
		go func() { waiting <- c.Call(context.Background(), "ask", nil, nil) }()
		socket.Write(sent)
		socket.CloseWrite()
		<-waiting // whatever was sent, nobody waits forever
		<-c.Done()
		c.Close()
		socket.Close()
		if c.Err() == nil {
			t.Error("the connection ended without a reason")
		}
	})
}

func FuzzHead(f *testing.F) {
	f.Add(frame(head{kind: kindRequest, id: 1, files: 3}, "")[:headBytes])
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < headBytes {
			return
		}
		h, err := parseHead((*[headBytes]byte)(b), 1<<20)
		if err != nil {
			return
		}
		if h.length > 1<<20 || h.files > filesMax || h.id == 0 {
			t.Errorf("%+v was let through", h)
		}
		if again := h.append(nil); !bytes.Equal(again, b[:headBytes]) {
			t.Errorf("% x reads as %+v, which is % x", b[:headBytes], h, again)
		}
	})
}
