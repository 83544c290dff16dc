package keyfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Options say how a new file is protected: either Passphrase or NoPassphrase.
type Options struct {
	Passphrase   string
	NoPassphrase bool // store the key readable; the caller opted in
	WorkFactor   int  // scrypt's log2 N, 1 to 20; 0 is [DefaultWorkFactor]
}

func (o *Options) complete() error {
	if o.NoPassphrase == (o.Passphrase != "") {
		if o.NoPassphrase {
			return errors.New("both a passphrase and --no-passphrase were given; choose one")
		}
		return ErrNoPassphrase
	}
	if o.WorkFactor == 0 {
		o.WorkFactor = DefaultWorkFactor
	}
	if o.WorkFactor < 1 || o.WorkFactor > maxWorkFactor {
		return fmt.Errorf("work factor %d, want 1 to %d", o.WorkFactor, maxWorkFactor)
	}
	return nil
}

// Save writes a key to a new file of mode 0600. If there is something at path
// already it returns an error for which errors.Is(err, fs.ErrExist), and
// changes nothing. When it returns nil the key is on the disk.
func Save(path string, k *Key, o Options) error {
	if err := o.complete(); err != nil {
		return fmt.Errorf("saving key %s: %w", path, err)
	}
	// Asked early, so that nobody waits for scrypt in vain; publish decides.
	if _, err := os.Lstat(path); err == nil {
		return existsError(path)
	}
	data, err := encode(k, o)
	if err != nil {
		return fmt.Errorf("saving key %s: %w", path, err)
	}
	return writeNew(path, data)
}

func existsError(path string) error {
	return fmt.Errorf("%s: %w; keys are not overwritten: choose another path, or move that file away", path, fs.ErrExist)
}

// writeNew writes a file that appears complete or not at all.
func writeNew(path string, data []byte) (err error) {
	dir := filepath.Dir(path)
	temp, err := os.CreateTemp(dir, ".troth-key-*") // mode 0600
	if err != nil {
		return fmt.Errorf("saving key: %w (the directory has to exist and be writable)", err)
	}
	defer func() { _ = os.Remove(temp.Name()) }() // gone already if it was renamed
	_, err = temp.Write(data)
	if err == nil {
		err = temp.Sync()
	}
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = publish(temp.Name(), path, os.Link)
	}
	if err == nil {
		err = syncDir(dir)
	}
	return err
}

// publish gives the file at temp its name. A link, unlike a rename, fails if
// the name is taken, even by another process a moment ago. File systems without links
// (USB sticks) get a rename after a last look.
func publish(temp, path string, link func(from, to string) error) error {
	err := link(temp, path)
	if err == nil {
		return nil
	}
	if _, statErr := os.Lstat(path); statErr == nil || errors.Is(err, fs.ErrExist) {
		return existsError(path)
	}
	return os.Rename(temp, path)
}

// syncDir makes a new name in dir last through a crash.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if closeErr := d.Close(); err == nil {
		err = closeErr
	}
	return err
}

// Load reads a key. passphrase is empty for a file without one. Errors to
// expect are [ErrPassphraseNeeded], [ErrWrongPassphrase], [ErrMalformed] and
// those of the file system.
func Load(path, passphrase string) (*Key, error) {
	file, err := read(path)
	if err != nil {
		return nil, err
	}
	key, err := decode(file, passphrase)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}

// Encrypted says whether [Load] needs a passphrase for the file at path.
func Encrypted(path string) (bool, error) {
	file, err := read(path)
	return isEncrypted(file), err
}

// read returns a key file's bytes, unless they are a readable key that others
// on the machine may read.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: no key there; check the path, or make a key", err)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %w: it is not a regular file", path, ErrMalformed)
	}
	file, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return nil, err
	}
	if len(file) > maxFileBytes {
		return nil, fmt.Errorf("%s: %w: more than %d bytes", path, ErrMalformed, maxFileBytes)
	}
	if others := info.Mode().Perm() & 0o077; isPlain(file) && others != 0 {
		return nil, fmt.Errorf("%s: mode %04o lets others read an unencrypted key: run chmod 600 %[1]s", path, info.Mode().Perm())
	}
	return file, nil
}
