package state

import (
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// disk is the file system below a database. The first write that the machine
// refuses is the last: it is told, and the goroutine that wrote never comes back
// from it.
//
// Pebble can't be given the error. It tries a table for ever and tells nobody:
// opening hangs, and a store that still has room in a log file that is used again
// goes on until its memory is full, and then hangs. And where it can't close a
// log or begin one, it panics through a deferred Unlock of a mutex that it let
// go of: the process dies of that, whatever recovers from panics, and not of the
// disk.
type disk struct {
	vfs.FS
	dir string
	// heard says that whoever uses the database does so within do. Where nobody
	// listens, a refusal ends the process.
	heard  bool
	once   sync.Once
	failed chan struct{}
	why    *storageError // once failed is closed
}

func newDisk(fs vfs.FS) *disk { return &disk{FS: fs, failed: make(chan struct{})} }

// storageError is a write that was refused.
type storageError struct{ cause error }

func (e *storageError) Error() string { return StorageFailed(e.cause.Error()) }
func (e *storageError) Unwrap() error { return e.cause }

// StorageFailed is what to say where a disk is full or broken.
func StorageFailed(why string) string {
	return "storage failed: " + why + "; nothing that was acknowledged is lost: make room on the disk, or mend it, and start again"
}

// do runs what may write, or wait for a write, and returns its error, or why
// storage failed if it has: before, or meanwhile, whether fn came to its end or
// never will. What fn uses is not to be touched then, and nothing more can be
// written.
func (d *disk) do(fn func() error) error {
	if err := d.err(); err != nil {
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
		if failed := d.err(); failed != nil {
			return failed
		}
		return err
	case <-d.failed:
		return d.why
	}
}

// err is why storage failed, nil as long as it hasn't.
func (d *disk) err() error {
	select {
	case <-d.failed:
		return d.why
	default:
		return nil
	}
}

// tell keeps the first failure.
func (d *disk) tell(cause error) error {
	d.once.Do(func() {
		d.why = &storageError{cause}
		close(d.failed)
	})
	return d.why
}

// fail tells why nothing more can be written. It never returns, and unwinds
// nothing: whatever Pebble holds stays held.
func (d *disk) fail(cause error) {
	why := d.tell(cause)
	if !d.heard {
		go func() { panic(why) }() // where nothing recovers
	}
	select {}
}

// check handles the outcome of a write to a file of the database, to its folder
// or to the one around it. Those of a copy elsewhere are for whoever makes it.
func (d *disk) check(name string, err error) error {
	folder := d.PathDir(d.PathJoin(d.dir, "file"))
	if err == nil || name != d.dir && name != d.PathDir(d.dir) && d.PathDir(name) != folder {
		return err
	}
	d.fail(fmt.Errorf("%s: %w", d.PathBase(name), err))
	return err
}

func (d *disk) file(name string, f vfs.File, err error) (vfs.File, error) {
	if err = d.check(name, err); err != nil {
		return nil, err
	}
	return &diskFile{f, d, name}, nil
}

// Create makes a file.
func (d *disk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.Create(name, c)
	return d.file(name, f, err)
}

// ReuseForWrite makes a file of one that isn't needed any more.
func (d *disk) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.ReuseForWrite(old, name, c)
	return d.file(name, f, err)
}

// OpenReadWrite opens a file to change it.
func (d *disk) OpenReadWrite(name string, c vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	f, err := d.FS.OpenReadWrite(name, c, opts...)
	return d.file(name, f, err)
}

// OpenDir opens a folder, to sync it. Where there is none, that is no refusal.
func (d *disk) OpenDir(name string) (vfs.File, error) {
	f, err := d.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &diskFile{f, d, name}, nil
}

// Rename renames a file.
func (d *disk) Rename(old, name string) error { return d.check(name, d.FS.Rename(old, name)) }

// Unwrap is the file system below.
func (d *disk) Unwrap() vfs.FS { return d.FS }

// diskFile is a file that is written. What it is given in advance, by
// Preallocate, may be refused: Pebble does without.
type diskFile struct {
	vfs.File
	disk *disk
	name string
}

func (f *diskFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	return n, f.disk.check(f.name, err)
}

func (f *diskFile) WriteAt(p []byte, at int64) (int, error) {
	n, err := f.File.WriteAt(p, at)
	return n, f.disk.check(f.name, err)
}

func (f *diskFile) Sync() error     { return f.disk.check(f.name, f.File.Sync()) }
func (f *diskFile) SyncData() error { return f.disk.check(f.name, f.File.SyncData()) }
func (f *diskFile) Close() error    { return f.disk.check(f.name, f.File.Close()) }

func (f *diskFile) SyncTo(n int64) (all bool, err error) {
	all, err = f.File.SyncTo(n)
	return all, f.disk.check(f.name, err)
}

// quiet keeps Pebble's chatter out of the node's log; its errors are returned.
type quiet struct{ disk *disk }

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}

// Fatalf is called where Pebble can't go on. It must not return.
func (q quiet) Fatalf(f string, a ...any) { q.disk.fail(fmt.Errorf(f, a...)) }

// diskOf is the disk below a database with these options.
func diskOf(o *pebble.Options) *disk { return o.FS.(*disk) }
