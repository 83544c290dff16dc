package node

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestHooksConfig: what couldn't work is refused when the node starts, by name.
func TestHooksConfig(t *testing.T) {
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, "s"), []byte("secret of sixteen bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "open"), []byte("secret of sixteen bytes"), 0o644); err != nil {
		t.Fatal(err)
	}
	hook := "webhooks: [{name: a, url: 'https://a.example/x', secret_file: s, tables: [promises]}"
	carrier := "carriers: [{name: a, format: aftership, secret_file: s, key_file: k, subject: 'parcel:{tracking}'}"
	for text, want := range map[string]string{
		hook + "]": "",
		carrier + ", {name: b, format: easypost, secret_file: s, key_file: k, subject: '{tracking}', zone: Europe/Paris}]": "",
		hook + ", {name: a, url: 'https://b.example', secret_file: s}]":                                                    "two entries",
		strings.Replace(hook, "name: a", "name: A_", 1) + "]":                                                              "not 1 to 32",
		strings.Replace(hook, "https://a", "ftp://a", 1) + "]":                                                             "http or https",
		strings.Replace(hook, "https://a", "https://u:p@a", 1) + "]":                                                       "without user",
		strings.Replace(hook, "secret_file: s", "secret_file: none", 1) + "]":                                              "none",
		strings.Replace(hook, "secret_file: s", "secret_file: open", 1) + "]":                                              "chmod",
		strings.Replace(hook, "[promises]", "[promise]", 1) + "]":                                                          "the tables are",
		strings.Replace(hook, "tables", "table", 1) + "]":                                                                  "table",
		strings.Replace(carrier, "aftership", "ups", 1) + "]":                                                              "not aftership or easypost",
		strings.Replace(carrier, "{tracking}", "x", 1) + "]":                                                               "{tracking}",
		strings.Replace(carrier, "key_file: k, ", "", 1) + "]":                                                             "key_file",
		strings.Replace(carrier, "subject", "zone: Moon/Base, subject", 1) + "]":                                           "zone",
	} {
		if err := os.WriteFile(filepath.Join(home, ConfigFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := LoadConfig(home)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
