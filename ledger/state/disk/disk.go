// Package disk is the file system below a Pebble database. The first write that
// the machine refuses is the last: it is told, and the goroutine that wrote never
// comes back from it.
//
// Pebble can't be given the error. It tries a table for ever and tells nobody:
// opening hangs, and a store that still has room in a log file that is used again
// goes on until its memory is full, and then hangs. And where it can't close a
// log or begin one, it panics through a deferred Unlock of a mutex that it let
// go of: the process dies of that, whatever recovers from panics, and not of the
// disk.
package disk

import (
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Disk is the file system below one database. Whoever opens the database does
// what may write, or wait for a write, within Do.
type Disk struct {
	vfs.FS
	dir    string
	once   sync.Once
	failed chan struct{}
	why    *Error // once failed is closed
}

// Error is a write that was refused. What it wraps is why.
type Error struct{ cause error }

func (e *Error) Error() string {
	return "storage failed: " + e.cause.Error() + "; nothing that was acknowledged is lost: make room on the disk, or mend it, and start again"
}

// Unwrap is what the machine said.
func (e *Error) Unwrap() error { return e.cause }

// Open opens the database in dir with options whose file system, the machine's
// where nil, it puts itself above; what Pebble says goes nowhere. A panic of
// Pebble's over what it reads is an error.
func Open(dir string, o *pebble.Options) (*pebble.DB, *Disk, error) {
	fs := o.FS
	if fs == nil {
		fs = vfs.Default
	}
	d := &Disk{FS: fs, dir: dir, failed: make(chan struct{})}
	o.FS, o.Logger = d, quiet{d}
	opened := make(chan *pebble.DB, 1)
	err := d.Do(func() (err error) {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("%v", r)
			}
		}()
		db, err := pebble.Open(dir, o)
		opened <- db
		return err
	})
	if err != nil {
		return nil, d, err
	}
	return <-opened, d, nil
}

// Do runs what may write, or wait for a write, and returns its error, or why
// storage failed if it has: before, or meanwhile, whether fn came to its end or
// never will. What fn uses is not to be touched then, and nothing more can be
// written.
func (d *Disk) Do(fn func() error) error {
	if err := d.Err(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil { // Pebble holds locks over its panics
				done <- d.tell(fmt.Errorf("%v", r))
			}
		}()
		done <- fn()
	}()
	select {
	case err := <-done:
		if failed := d.Err(); failed != nil {
			return failed
		}
		return err
	case <-d.failed:
		return d.why
	}
}

// Metrics says how a database on the disk does; all is zero once storage failed.
func (d *Disk) Metrics(db *pebble.DB) *pebble.Metrics {
	m := make(chan *pebble.Metrics, 1)
	if d.Do(func() error { m <- db.Metrics(); return nil }) != nil {
		return new(pebble.Metrics)
	}
	return <-m
}

// Err is why storage failed, nil as long as it hasn't.
func (d *Disk) Err() error {
	select {
	case <-d.failed:
		return d.why
	default:
		return nil
	}
}

// tell keeps the first failure.
func (d *Disk) tell(cause error) error {
	d.once.Do(func() {
		d.why = &Error{cause}
		close(d.failed)
	})
	return d.why
}

// fail tells why nothing more can be written. It never returns, and unwinds
// nothing: whatever Pebble holds stays held.
func (d *Disk) fail(cause error) {
	_ = d.tell(cause)
	select {}
}

// check handles the outcome of a write to a file of the database, to its folder
// or to the one around it. Those of a copy elsewhere are for whoever makes it.
func (d *Disk) check(name string, err error) error {
	folder := d.PathDir(d.PathJoin(d.dir, "file"))
	if err == nil || name != d.dir && name != d.PathDir(d.dir) && d.PathDir(name) != folder {
		return err
	}
	d.fail(fmt.Errorf("%s: %w", d.PathBase(name), err))
	return err
}

func (d *Disk) open(name string, f vfs.File, err error) (vfs.File, error) {
	if err = d.check(name, err); err != nil {
		return nil, err
	}
	return &file{f, d, name}, nil
}

// Create makes a file.
func (d *Disk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.Create(name, c)
	return d.open(name, f, err)
}

// ReuseForWrite makes a file of one that isn't needed any more.
func (d *Disk) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.ReuseForWrite(old, name, c)
	return d.open(name, f, err)
}

// OpenReadWrite opens a file to change it.
func (d *Disk) OpenReadWrite(name string, c vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	f, err := d.FS.OpenReadWrite(name, c, opts...)
	return d.open(name, f, err)
}

// OpenDir opens a folder, to sync it. Where there is none, that is no refusal.
func (d *Disk) OpenDir(name string) (vfs.File, error) {
	f, err := d.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &file{f, d, name}, nil
}

// Rename renames a file.
func (d *Disk) Rename(old, name string) error { return d.check(name, d.FS.Rename(old, name)) }

// Unwrap is the file system below.
func (d *Disk) Unwrap() vfs.FS { return d.FS }

// file is a file that is written. What it is given in advance, by
// Preallocate, may be refused: Pebble does without.
type file struct {
	vfs.File
	disk *Disk
	name string
}

func (f *file) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	return n, f.disk.check(f.name, err)
}

func (f *file) WriteAt(p []byte, at int64) (int, error) {
	n, err := f.File.WriteAt(p, at)
	return n, f.disk.check(f.name, err)
}

func (f *file) Sync() error     { return f.disk.check(f.name, f.File.Sync()) }
func (f *file) SyncData() error { return f.disk.check(f.name, f.File.SyncData()) }
func (f *file) Close() error    { return f.disk.check(f.name, f.File.Close()) }

func (f *file) SyncTo(n int64) (all bool, err error) {
	all, err = f.File.SyncTo(n)
	return all, f.disk.check(f.name, err)
}

// quiet keeps Pebble's chatter out of the node's log; its errors are returned.
type quiet struct{ disk *Disk }

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}

// Fatalf is called where Pebble can't go on. It must not return.
func (q quiet) Fatalf(f string, a ...any) { q.disk.fail(fmt.Errorf(f, a...)) }
