package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

//go:embed peer.mjs
var peerScript string

// errNone says that Node has nothing to compare with.
var errNone = errors.New("not in Node")

// peer is a Node process that runs cases when it is asked to.
type peer struct {
	version string
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

// startPeer starts Node; the error is exec.ErrNotFound if there is none.
func startPeer(ctx context.Context) (*peer, error) {
	program, err := exec.LookPath("node")
	if err != nil {
		return nil, err
	}
	p := &peer{cmd: exec.CommandContext(ctx, program, "--input-type=module", "--eval", peerScript)}
	p.cmd.Stderr = os.Stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	var hello struct{ Version string }
	if err := p.ask(cases, &hello); err != nil {
		p.close()
		return nil, err
	}
	p.version = hello.Version
	return p, nil
}

// close ends the process and waits for it.
func (p *peer) close() {
	p.in.Close()
	_ = p.cmd.Wait() // there is nothing left to learn from it
}

// ask sends a line and reads the answer.
func (p *peer) ask(question, answer any) error {
	line, err := json.Marshal(question)
	if err != nil {
		return err
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("ask node: %w", err)
	}
	if line, err = p.out.ReadBytes('\n'); err != nil {
		return fmt.Errorf("read node's answer: %w", err)
	}
	return json.Unmarshal(line, answer)
}

func (p *peer) measure(name string, n int) (round, error) {
	var answer struct {
		NS, CPU time.Duration
		Result  string
		Error   string
		None    bool
	}
	err := p.ask(map[string]any{"name": name, "n": n}, &answer)
	switch {
	case err != nil:
		return round{}, err
	case answer.None:
		return round{}, errNone
	case answer.Error != "":
		return round{}, fmt.Errorf("node: %s", answer.Error)
	}
	return round{n: n, wall: answer.NS, cpu: answer.CPU, result: answer.Result}, nil
}
