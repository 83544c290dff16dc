package main

import "golang.org/x/sys/unix"

const (
	ioctlGet, ioctlSet = unix.TIOCGETA, unix.TIOCSETA
	noCharacter        = 0xff // switches a control character off
)
