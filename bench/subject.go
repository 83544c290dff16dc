package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
)

// subject is something whose operations a second are measured.
type subject struct {
	id   string // for -only and results.json
	name string // for the table
	unit string // what is counted
	what string // what one is, and how it is run
	open func(ctx context.Context, b *bench) (runner, error)
}

// runner is a subject made ready.
type runner interface {
	run(ctx context.Context) (Sample, error)
	close() error
}

// skip says why a subject can't be measured here. It is a line in the table and
// no fault.
type skip struct{ why string }

func (s skip) Error() string { return s.why }

// subjects are all of them, in the table's order.
func subjects() []subject {
	return slices.Concat(trothSubjects(), cometSubjects(), sdkSubjects(), postgresSubjects(), signatureSubjects())
}

// known says whether there is a part or a subject of this name.
func known(name string) bool {
	return slices.Contains(parts, name) || slices.ContainsFunc(subjects(), func(s subject) bool { return s.id == name })
}

// once is a runner that has nothing to close.
type once func(ctx context.Context) (Sample, error)

func (f once) run(ctx context.Context) (Sample, error) { return f(ctx) }
func (once) close() error                              { return nil }

// program is a runner in a process of its own: it says {"ready":true} once, and
// then a Sample for each line it is sent. It ends with its input. Between its runs
// it is stopped: a chain makes blocks also where nothing happens, and would take
// from the others' processor time while they are measured.
type program struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	err *os.File
}

// openProgram starts a program and waits until it is ready.
func openProgram(ctx context.Context, dir, path string, args ...string) (*program, error) {
	log, err := os.Create(filepath.Join(dir, "program.log"))
	if err != nil {
		return nil, err
	}
	p := &program{cmd: exec.CommandContext(ctx, path, args...), err: log}
	p.cmd.Stderr = log
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := startChild(p.cmd); err != nil {
		return nil, err
	}
	var hello struct{ Ready bool }
	if err := p.read(&hello); err != nil || !hello.Ready {
		return nil, errors.Join(fmt.Errorf("%s did not get ready: %w", filepath.Base(path), err), p.close())
	}
	return p, p.cmd.Process.Signal(syscall.SIGSTOP)
}

func (p *program) read(v any) error {
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		said, _ := os.ReadFile(p.err.Name())
		return fmt.Errorf("%w: %s", err, said[max(0, len(said)-500):])
	}
	return json.Unmarshal(line, v)
}

func (p *program) run(context.Context) (s Sample, err error) {
	if err := p.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		return s, err
	}
	if _, err := io.WriteString(p.in, "\n"); err != nil {
		return s, err
	}
	err = p.read(&s)
	return s, errors.Join(err, p.cmd.Process.Signal(syscall.SIGSTOP))
}

func (p *program) close() error {
	_ = p.cmd.Process.Signal(syscall.SIGCONT)
	_ = p.in.Close()
	err := p.cmd.Wait()
	return errors.Join(err, p.err.Close())
}
