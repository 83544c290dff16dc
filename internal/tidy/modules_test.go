package tidy

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDirectDependencies: each is a promise to look after it.
func TestDirectDependencies(t *testing.T) {
	const most = 25
	b, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) == 2 && strings.Contains(f[0], "/") && strings.HasPrefix(f[1], "v") {
			n++
		}
	}
	if n == 0 || n > most {
		t.Errorf("%d direct dependencies; %d is the most", n, most)
	}
}

// allowed are words of licences that let us pass the binary on under our own.
var allowed = []string{"MIT License", "Permission is hereby granted, free of charge", "Apache License", "Redistribution and use in source and binary forms",
	"Permission to use, copy, modify, and", "Mozilla Public License", "BSD", "CC0", "Apache-2.0", "licensed under the Apache", "This is free and unencumbered software", "Blue Oak"}

// refused are words of licences that don't, or that ask for more than a notice.
var refused = []string{"GNU AFFERO", "GNU LESSER GENERAL PUBLIC", "GNU GENERAL PUBLIC LICENSE", "Business Source License", "Server Side Public License", "Commons Clause"}

// TestLicences reads the licence of every module that is in the binary.
func TestLicences(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Dir}}{{end}}{{end}}", "./cmd/troth")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		path, dir, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok || seen[path] {
			continue
		}
		seen[path] = true
		if fault := licence(dir); fault != "" {
			t.Errorf("%s: %s", path, fault)
		}
	}
	if len(seen) < 20 {
		t.Errorf("only %d modules were found", len(seen))
	}
}

// licence says what is wrong with a module's licence, nothing where it is good.
func licence(dir string) string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err.Error()
	}
	fault := "it has no licence"
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		if e.IsDir() || !strings.HasPrefix(name, "LICENSE") && !strings.HasPrefix(name, "LICENCE") && !strings.HasPrefix(name, "COPYING") && !strings.HasPrefix(name, "UNLICENSE") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err.Error()
		}
		head := string(b[:min(len(b), 600)])
		for _, word := range refused {
			if strings.Contains(strings.ToUpper(head), strings.ToUpper(word)) {
				return e.Name() + " is the " + word
			}
		}
		for _, word := range allowed {
			if strings.Contains(string(b), word) {
				fault = ""
			}
		}
		if fault != "" {
			fault = e.Name() + " is a licence nobody has looked at"
		}
	}
	return fault
}
