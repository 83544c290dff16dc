package sbom

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write licences.txt anew")

// accepted are the licences of what may be in the binary, with the reason.
var accepted = map[string]string{
	"Apache-2.0":   "our own licence; asks for the notice",
	"MIT":          "asks for the notice",
	"BSD-2-Clause": "asks for the notice",
	"BSD-3-Clause": "asks for the notice, and not to advertise with the authors' names",
	"ISC":          "asks for the notice",
	"MPL-2.0":      "only changes of its own files must be published, and we change none",
	"CC0-1.0":      "asks for nothing",
	"Unlicense":    "asks for nothing",
}

// signs are words by which a licence is known, the ones that others quote last.
var signs = []struct{ id, words string }{
	{"AGPL-3.0", "GNU AFFERO GENERAL PUBLIC LICENSE"},
	{"LGPL", "GNU LESSER GENERAL PUBLIC LICENSE"},
	{"GPL", "GNU GENERAL PUBLIC LICENSE"},
	{"BUSL-1.1", "Business Source License"},
	{"SSPL-1.0", "Server Side Public License"},
	{"Commons-Clause", "Commons Clause"},
	{"MPL-2.0", "Mozilla Public License"},
	{"Apache-2.0", "Apache License"},
	{"Apache-2.0", "Apache-2.0 Software License"}, // offered beside another, at our choice
	{"CC0-1.0", "CC0 1.0 Universal"},
	{"Unlicense", "This is free and unencumbered software"},
	{"ISC", "Permission to use, copy, modify, and"},
	{"MIT", "Permission is hereby granted, free of charge"},
	{"BSD-3-Clause", "may be used to endorse or promote products"},
	{"BSD-2-Clause", "Redistribution and use in source and binary forms"},
}

// TestLicences reads the licence of every module that is in the binary: each is
// one we may pass on, and is in the list.
func TestLicences(t *testing.T) {
	var list strings.Builder
	modules := linked(t)
	for _, m := range modules {
		id, err := classify(m[1])
		if err != nil {
			t.Errorf("%s: %v", m[0], err)
		} else if accepted[id] == "" {
			t.Errorf("%s is under %s, which nobody has accepted", m[0], id)
		}
		fmt.Fprintf(&list, "%s %s\n", m[0], id)
	}
	if len(modules) < 20 {
		t.Errorf("only %d modules were found", len(modules))
	}
	if *update {
		if err := os.WriteFile("licences.txt", []byte(list.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if list.String() != licences {
		t.Errorf("licences.txt differs from the modules that are in the binary: go test ./internal/sbom -update, and read what changed")
	}
}

// linked are the modules in the binary, in order: path and folder.
func linked(t *testing.T) (out [][2]string) {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Dir}}{{end}}{{end}}", "github.com/troth-ledger/troth/cmd/troth")
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64") // the list is one platform's
	b, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for line := range strings.Lines(string(b)) {
		if path, dir, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			out = append(out, [2]string{path, dir})
		}
	}
	slices.SortFunc(out, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return slices.Compact(out)
}

// classify is the SPDX identifier of the licence in a module's folder. Where
// several files speak, one that isn't accepted decides.
func classify(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	found := ""
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		if e.IsDir() || !slices.ContainsFunc([]string{"LICENSE", "LICENCE", "COPYING", "UNLICENSE"}, func(p string) bool { return strings.HasPrefix(name, p) }) {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return "", err
		}
		id := recognise(string(b))
		if id == "" {
			return "", fmt.Errorf("%s is a licence nobody has looked at", e.Name())
		}
		if found == "" || accepted[id] == "" {
			found = id
		}
	}
	if found == "" {
		return "", fmt.Errorf("it has no licence")
	}
	return found, nil
}

// recognise looks at a licence's title, where it names itself; only then at the
// whole text, where it may name others: the MPL speaks of the GPL.
func recognise(text string) string {
	words := strings.ToUpper(strings.Join(strings.Fields(text), " "))
	for _, part := range []string{words[:min(len(words), 300)], words} {
		for _, s := range signs {
			if strings.Contains(part, strings.ToUpper(s.words)) {
				if s.id == "BSD-2-Clause" && strings.Contains(words, "ENDORSE OR PROMOTE") {
					return "BSD-3-Clause"
				}
				return s.id
			}
		}
	}
	return ""
}

// TestRecognise: the licences that are refused are seen for what they are.
func TestRecognise(t *testing.T) {
	for text, want := range map[string]string{
		"GNU GENERAL PUBLIC LICENSE\nVersion 3":                  "GPL",
		"GNU Lesser General\nPublic License":                     "LGPL",
		"  GNU AFFERO GENERAL PUBLIC LICENSE\n Version 3":        "AGPL-3.0",
		"Business Source License 1.1":                            "BUSL-1.1",
		"“Commons Clause” License Condition v1.0 Apache License": "Commons-Clause",
		"all rights reserved":                                    "",
	} {
		if got := recognise(text); got != want || accepted[got] != "" {
			t.Errorf("%q is taken for %q", text, got)
		}
	}
}
