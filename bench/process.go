package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"connectrpc.com/connect"

	"github.com/troth-ledger/troth/client"
	"github.com/troth-ledger/troth/gen/pb"
	"github.com/troth-ledger/troth/gen/pb/pbconnect"
)

// process is a running node: a process of its own, reached through its API.
type process struct {
	cmd     *exec.Cmd
	api     pbconnect.LedgerClient
	log     *os.File
	in      io.WriteCloser
	out     io.Reader
	started time.Duration // from nothing to its first answer
}

// address is how a node says where it serves.
var address = regexp.MustCompile(`http://[0-9.]+:[0-9]+`)

// start runs a node on a folder and waits until it makes blocks.
func start(ctx context.Context, home string, command ...string) (*process, error) {
	p, err := launch(ctx, home, command...)
	if err != nil {
		return nil, err
	}
	if err := p.current(ctx); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

// launch runs a node on a folder and waits until it answers.
func launch(ctx context.Context, home string, command ...string) (*process, error) {
	log, err := os.Create(filepath.Join(filepath.Dir(home), filepath.Base(home)+".log"))
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.CommandContext(ctx, command[0], command[1:]...), log: log}
	p.cmd.Stderr = log
	p.cmd.Cancel = p.end
	p.cmd.WaitDelay = 30 * time.Second
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if p.out, err = p.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	begin := time.Now()
	if err := startChild(p.cmd); err != nil {
		return nil, err
	}
	if err := p.greeted(ctx); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	p.started = time.Since(begin)
	return p, nil
}

// current waits for a block of now. The first one after a start has the time of
// the votes for the one before it, however long ago that was, and would refuse
// facts of today as ones of the future.
func (p *process) current(ctx context.Context) error {
	for range 600 {
		st, err := p.status(ctx)
		if err != nil {
			return err
		}
		if time.Since(st.Time.AsTime()) < 5*time.Second {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.New("the node made no block for half a minute")
}

// rest waits until the node has done what it does in its own time, after a start or after
// much was written: for so many seconds it took less than a tenth of a core. Two minutes
// are the most that it waits.
func (p *process) rest(ctx context.Context, seconds int) error {
	const most = 120
	calm := 0
	for used, i := procCPU(p.pid()), 0; calm < seconds && i < most; i++ {
		wait(ctx, time.Second)
		now := procCPU(p.pid())
		if calm++; now-used > 0.1 {
			calm = 0
		}
		used = now
	}
	return ctx.Err()
}

// greeted reads where the node serves and waits for its first answer.
func (p *process) greeted(ctx context.Context) error {
	for in := bufio.NewScanner(p.out); in.Scan(); {
		if url := address.FindString(in.Text()); url != "" {
			go func() { _, _ = io.Copy(io.Discard, p.out) }()
			p.api = client.Dial(url)
			_, err := p.status(ctx)
			return err
		}
	}
	return fmt.Errorf("the node did not start: %s", p.said())
}

// said is the end of the node's log, or how it begins to say that it panicked.
func (p *process) said() []byte {
	const most = 2000
	log, _ := os.ReadFile(p.log.Name())
	for _, mark := range []string{"\npanic: ", "\nfatal error: "} {
		if i := bytes.Index(log, []byte(mark)); i >= 0 {
			return log[i:min(len(log), i+most)]
		}
	}
	return log[max(0, len(log)-most):]
}

func (p *process) status(ctx context.Context) (*pb.GetStatusResponse, error) {
	res, err := p.api.GetStatus(ctx, connect.NewRequest(&pb.GetStatusRequest{}))
	if err != nil {
		return nil, err
	}
	return res.Msg, nil
}

// stop ends the node as an operator would.
func (p *process) stop() error {
	_ = p.end() // where it ended by itself, Wait says why
	err := p.cmd.Wait()
	if err != nil {
		err = fmt.Errorf("the node ended with %w: %s", err, p.said())
	}
	return errors.Join(err, p.log.Close())
}

func (p *process) end() error {
	return errors.Join(p.in.Close(), p.cmd.Process.Signal(syscall.SIGTERM))
}

// pid is the node's process id.
func (p *process) pid() int { return p.cmd.Process.Pid }
