// Package upgrade tests with real binaries what an operator does after the
// council decided: go on with another version of the program, or with another
// validator's key.
package upgrade
