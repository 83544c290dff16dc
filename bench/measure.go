package main

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// bench is a benchmark under way.
type bench struct {
	*options
	bar      *progress
	prepared *chain
}

// measure runs the parts that were asked for, and writes down what they found.
func measure(ctx context.Context, o *options) (err error) {
	defer func() { err = errors.Join(err, os.RemoveAll(o.dir)) }()
	b := &bench{options: o}
	chosen := b.chosen()
	b.bar = newProgress(b.steps(chosen))
	r := &Results{Machine: machine(), Size: o.size, Quick: o.quick}
	if o.again { // before an hour's work
		if _, err := r.within(o); err != nil {
			return err
		}
	}
	if err := b.throughput(ctx, chosen, r); err != nil {
		return err
	}
	for _, part := range []struct {
		name string
		run  func(context.Context, *Results) error
	}{{"latency", b.latency}, {"growth", b.growth}, {"idle", b.idle}, {"profile", b.profile}} {
		if !o.wants(part.name) {
			continue
		}
		if err := part.run(ctx, r); err != nil {
			b.bar.end()
			r.print(os.Stdout) // what took so long to measure, though it isn't all
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	b.bar.end()
	if o.again {
		if r, err = r.within(o); err != nil {
			return err
		}
	}
	r.print(os.Stdout)
	return r.write(o)
}

// chosen are the subjects whose throughput is measured.
func (b *bench) chosen() (out []subject) {
	for _, s := range subjects() {
		if b.only[s.id] || b.wants("throughput") {
			out = append(out, s)
		}
	}
	return out
}

// steps is how many steps the bar has to show.
func (b *bench) steps(chosen []subject) int {
	n := len(chosen) * (b.size.Runs + 1)
	if b.wants("latency") {
		n += 2 * (1 + len(rates)*b.size.Runs)
	}
	if b.wants("growth") {
		n += len(b.size.Objects) * (2 + 3*b.size.Runs) // filled and at rest; each run a start, transfers and promises
	}
	if b.wants("idle") {
		n += b.size.Runs
	}
	if b.wants("profile") {
		n += len(profiled)
	}
	return n
}

// chain is the prepared chain with people on it, made when it is first needed.
func (b *bench) chain(ctx context.Context) (*chain, error) {
	var err error
	if b.prepared == nil {
		b.prepared, err = prepare(ctx, b.dir, b.troth, b.size.Parties)
	}
	return b.prepared, err
}

// throughput takes the runs in rounds: one of each subject, then the next.
func (b *bench) throughput(ctx context.Context, chosen []subject, r *Results) (err error) {
	ready := make([]runner, len(chosen))
	defer func() {
		for _, x := range ready {
			if x != nil {
				err = errors.Join(err, x.close())
			}
		}
	}()
	r.Figures = make([]*Figure, len(chosen))
	for i, s := range chosen {
		b.bar.step("%s: getting ready", s.name)
		f := &Figure{ID: s.id, Name: s.name, Unit: s.unit, What: s.what}
		r.Figures[i] = f
		x, err := s.open(ctx, b)
		var no skip
		if errors.As(err, &no) {
			f.Skipped = no.why
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.id, err)
		}
		ready[i] = x
	}
	for round := range b.size.Runs {
		for i, s := range chosen {
			b.bar.step("%s: run %d", s.name, round+1)
			if ready[i] == nil {
				continue
			}
			if err := warmMemory(runMemory(b.size.Txs)); err != nil {
				return err
			}
			sample, err := ready[i].run(ctx)
			if err != nil {
				return fmt.Errorf("%s: %w", s.id, err)
			}
			r.Figures[i].Samples = append(r.Figures[i].Samples, sample)
		}
	}
	for _, f := range r.Figures {
		f.sum()
	}
	r.Ratios = ratios(r.Figures)
	return nil
}
