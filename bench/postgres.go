package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

//go:embed postgres.sql
var postgresSchema string

// postgresConnections is how many clients transfer at a time. Fewer and more were
// tried: this is about where it stops getting faster.
const postgresConnections = 64

// postgres is a private cluster with Debian's defaults: fsync and
// synchronous_commit are on.
type postgres struct {
	server *exec.Cmd
	conns  []*pgx.Conn
	people int
	txs    int
	next   int64 // number of the next transfer
}

func postgresSubjects() []subject {
	return []subject{{"postgres", "PostgreSQL, stored procedure", "ops/s", "one transfer a transaction into a ledger table, 64 connections over a Unix socket, no signatures, default durability", openPostgres}}
}

func openPostgres(ctx context.Context, b *bench) (runner, error) {
	bin := postgresPrograms()
	if bin == "" {
		return nil, skip{"PostgreSQL is not installed (apt-get install postgresql)"}
	}
	dir, err := os.MkdirTemp(b.dir, "pg-")
	if err != nil {
		return nil, err
	}
	as, err := postgresUser(dir)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	if out, err := as(ctx, filepath.Join(bin, "initdb"), "-D", data, "-A", "trust", "-U", "bench").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	p := &postgres{server: as(ctx, filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-c", "listen_addresses="), people: b.size.Parties, txs: b.size.Txs}
	p.server.Cancel = func() error { return p.server.Process.Signal(syscall.SIGINT) }
	if err := startChild(p.server); err != nil {
		return nil, err
	}
	if err := p.connect(ctx, dir); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// postgresPrograms is the folder of the server's programs, empty for none.
func postgresPrograms() string {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path)
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return ""
	}
	return filepath.Dir(found[len(found)-1])
}

// postgresUser returns how to run a program that refuses to be root: as the user
// that Debian makes for it, who then owns dir.
func postgresUser(dir string) (func(ctx context.Context, name string, args ...string) *exec.Cmd, error) {
	if os.Geteuid() != 0 {
		return exec.CommandContext, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, skip{"PostgreSQL refuses to run as root, and there is no user postgres"}
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	if err := errors.Join(err1, err2, os.Chown(dir, uid, gid)); err != nil {
		return nil, err
	}
	return func(ctx context.Context, name string, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Dir = dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
		return cmd
	}, nil
}

// connect waits for the server, makes the accounts and opens the connections.
func (p *postgres) connect(ctx context.Context, dir string) error {
	to := fmt.Sprintf("host=%s user=bench dbname=postgres", dir)
	var first *pgx.Conn
	var err error
	for range 100 {
		if first, err = pgx.Connect(ctx, to); err == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		return fmt.Errorf("connecting to PostgreSQL: %w", err)
	}
	p.conns = append(p.conns, first)
	if _, err := first.Exec(ctx, postgresSchema); err != nil {
		return err
	}
	if _, err := first.Exec(ctx, "insert into account select n, $1 from generate_series(0, $2 - 1) n", int64(funds), p.people); err != nil {
		return err
	}
	for len(p.conns) < postgresConnections {
		c, err := pgx.Connect(ctx, to)
		if err != nil {
			return err
		}
		p.conns = append(p.conns, c)
	}
	return nil
}

func (p *postgres) run(ctx context.Context) (Sample, error) {
	defer quiet()()
	before, own, begin := procCPU(p.server.Process.Pid), ownCPU(), time.Now()
	var done atomic.Int64
	errs := make([]error, len(p.conns))
	var wg sync.WaitGroup
	for i, c := range p.conns {
		wg.Go(func() {
			for {
				n := done.Add(1) - 1
				if n >= int64(p.txs) {
					return
				}
				n += p.next
				from := int(n % int64(p.people))
				if _, errs[i] = c.Exec(ctx, "select transfer($1, $2, $3, $4)", n, from, (from+1)%p.people, 1); errs[i] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	s := Sample{p.txs, time.Since(begin).Seconds(), procCPU(p.server.Process.Pid) - before, ownCPU() - own}
	p.next += int64(p.txs)
	return s, errors.Join(errs...)
}

func (p *postgres) close() error {
	for _, c := range p.conns {
		_ = c.Close(context.Background())
	}
	_ = p.server.Process.Signal(syscall.SIGINT) // a fast shutdown
	return p.server.Wait()
}
