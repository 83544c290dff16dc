//go:build !linux

package main

import "os/exec"

// startChild starts a command. Only Linux ends it where this process panics or is
// killed; an interrupt is passed on everywhere.
func startChild(c *exec.Cmd) error { return c.Start() }
