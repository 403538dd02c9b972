// Package control lets two processes of a node call each other over one socket: requests
// and answers in JSON, many at once in both directions, with open files beside them.
//
// It is for the few calls that steer a process ("ready", "drain", "here are the routes"),
// not for what every event needs: a frame costs two system calls and an encoding.
//
//	parent, child, err := control.Pair()  // child goes to the other process as an open file
//	conn, err := control.New(parent, control.Config{Handlers: map[string]control.Handler{
//		"ready": func(ctx context.Context, r *control.Request) (any, error) { … },
//	}})
//	err = conn.Call(ctx, "drain", drainParams{…}, nil)
//
// # Frames
//
// A frame is a head of 16 bytes, numbers big-endian, and its payload:
//
//	bytes  what
//	0–3    length of the payload, at most Config.FrameBytesMax
//	4      kind: 1 request, 2 answer, 3 failure, 4 cancel
//	5      how many files come with it, at most 16
//	6–7    zero
//	8–15   id of the request that it is or belongs to; 1, 2, 3, … in each direction
//
//	kind     payload
//	request  {"method": "…", "params": …}
//	answer   the result, as JSON
//	failure  {"code": "…", "message": "…"}
//	cancel   none: nobody waits for the answer any more
//
// Files travel as ancillary data of the head's first byte, so that they can't arrive with
// another frame than theirs.
//
// # The other side
//
// Nothing that comes in is believed. A frame that breaks these rules ends the connection
// with a [ProtocolError], and files that came with it are closed. A length is checked
// before memory is taken for it, and at most Config.CallsMax requests run at once. A side
// that doesn't read is given up after Config.WriteTimeout.
package control
