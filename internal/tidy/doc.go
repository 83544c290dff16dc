// Package tidy has no code but its tests: our own rules about the tree. Each
// rule stands with its reason.
package tidy
