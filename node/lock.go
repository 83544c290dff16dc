package node

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockHome makes sure that one process runs in the folder. The lock goes with
// the process, however it ends.
func lockHome(home string) (*os.File, error) {
	path := filepath.Join(home, "data", "lock")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("another process runs in %s; stop it first, or choose another folder with --home", home)
	}
	return f, nil
}
