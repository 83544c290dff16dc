package node

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/troth-ledger/troth/internal/need"
)

var update = flag.Bool("update", false, "write docs/operating/configuration.md anew")

// TestDangerous: what would be dangerous is refused, with the reason.
func TestDangerous(t *testing.T) {
	home := t.TempDir()
	proxied := "behind_proxy: true, trusted_proxies: [10.0.0.1]"
	for text, want := range map[string]string{
		"":                                                                             "",
		"api: {listen: 'localhost:1'}":                                                 "",
		"api: {listen: '[::1]:8700'}":                                                  "",
		"api: {listen: '0.0.0.0:8700'}":                                                "not be encrypted",
		"api: {listen: ':8700'}":                                                       "not be encrypted",
		"api: {listen: '[::]:8700'}":                                                   "not be encrypted",
		"api: {listen: '10.1.2.3:8700'}":                                               "behind_proxy: true",
		"api: {listen: '0.0.0.0:8700', " + proxied + "}":                               "",
		"api: {listen: '0.0.0.0:8700', behind_proxy: true}":                            "all callers would be one address",
		"api: {trusted_proxies: [0.0.0.0/0]}":                                          "is everybody",
		"api: {trusted_proxies: ['::/0']}":                                             "is everybody",
		"api: {trusted_proxies: [proxy.example]}":                                      "no address and no network",
		"api: {listen: '127.0.0.1:http'}":                                              "no port",
		"api: {listen: '127.0.0.1:65536'}":                                             "no port",
		"api: {listen: '127.0.0.1'}":                                                   "not host:port",
		"api: {origins: [shop.example]}":                                               "no origin",
		"api: {origins: ['https://shop.example/']}":                                    "no origin",
		"api: {origins: ['https://shop.example', '*']}":                                "",
		"operator: {listen: '0.0.0.0:9000'}":                                           "needs no password",
		"operator: {listen: '10.1.2.3:9000', public: true}":                            "",
		"operator: {listen: '10.1.2.3:9000', public: true, pprof: true}":               "keys among it",
		"operator: {listen: '127.0.0.1:9000', pprof: true}":                            "",
		"operator: {listen: '127.0.0.1:8700'}":                                         "each needs its own",
		"operator: {listen: 'off'}":                                                    "",
		"operator: {listen: 'here'}":                                                   "not host:port",
		"limits: {exempt: [0.0.0.0/0]}":                                                "set it to 0",
		"limits: {exempt: [10.0.0.300]}":                                               "no address and no network",
		"limits: {address_requests: -1}":                                               "not 0 to",
		"limits: {address_requests: 0, party_transactions: 0, stranger_signatures: 0}": "",
		"log: {level: loud}":                                                           "not error, warn, info or debug",
		"log: {format: xml}":                                                           "not text or json",
		"block: {transactions_max: 50001}":                                             "not 1 to 50000",
		"block: {idle: 0s}":                                                            "block.idle",
		"pool: {bytes_max: 0}":                                                         "pool.bytes_max",
		"pool: {transactions_max: 0}":                                                  "pool.transactions_max",
		"signer: {listen: 'tcp://127.0.0.1:26659'}":                                    "",
		"signer: {listen: 'unix:///run/troth/signer'}":                                 "",
		"signer: {listen: 'tcp://0.0.0.0:26659'}":                                      "whoever connects is taken for the signer",
		"signer: {listen: 'noise://nobody@10.0.0.1:26659'}":                            "peer id",
		"signer: {listen: '127.0.0.1:26659'}":                                          "neither tcp://",
		"operators: {listen: ''}":                                                      "operators",
		"api: {listen: '127.0.0.1:8700', listens: x}":                                  "listens",
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

// TestDefaultsStay: what a file leaves out keeps its default.
func TestDefaultsStay(t *testing.T) {
	home := t.TempDir()
	for _, text := range []string{"", "# nothing\n\n", "api: {listen: '127.0.0.1:8701'}", "limits: {address_requests: 200}\nlog:\n  level: info\n"} {
		if err := os.WriteFile(filepath.Join(home, ConfigFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := LoadConfig(home)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		want := defaults(home)
		want.API.Listen = c.API.Listen
		if !reflect.DeepEqual(c, want) {
			t.Errorf("%q: %+v", text, c)
		}
	}
}

func TestLargePool(t *testing.T) {
	c := defaults(t.TempDir())
	c.Pool.Bytes = 8 << 30
	total := memory()
	if total == 0 {
		need.Missing(t, "it needs a system that says how much memory it has, by /proc/meminfo")
	}
	if err := c.Check(); (err != nil) != (total/4 < 8<<30) || err != nil && !strings.Contains(err.Error(), "memory here") {
		t.Errorf("with %d MiB: %v", total>>20, err)
	}
}

// TestOpenFiles: keys that everybody can read, and a configuration that
// everybody can write, are refused.
func TestOpenFiles(t *testing.T) {
	home := t.TempDir()
	if _, err := Keys(home); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ConfigFile), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{validatorKey: 0o644, nodeKeyFile: 0o604, ConfigFile: 0o622} {
		path := filepath.Join(home, name)
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadConfig(home); err == nil || !strings.Contains(err.Error(), "everybody") {
			t.Errorf("%s with %o: %v", name, mode, err)
		}
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := LoadConfig(home); err != nil {
		t.Error(err)
	}
}

func TestOperatorListen(t *testing.T) {
	for in, want := range map[[2]string]string{
		{"127.0.0.1:8700", ""}:               "127.0.0.1:8800",
		{"10.1.2.3:8700", ""}:                "127.0.0.1:8800",
		{"127.0.0.1:0", ""}:                  "127.0.0.1:0",
		{"127.0.0.1:65500", ""}:              "127.0.0.1:65400",
		{"127.0.0.1:8700", "127.0.0.1:9000"}: "127.0.0.1:9000",
		{"127.0.0.1:8700", "off"}:            "",
	} {
		c := defaults(t.TempDir())
		c.API.Listen, c.Operator.Listen = in[0], in[1]
		if got := c.OperatorListen(); got != want {
			t.Errorf("%v: %q, want %q", in, got, want)
		}
	}
}

// entry is a key of the commented configuration file.
type entry struct{ key, value, comment string }

var (
	keyLine     = regexp.MustCompile(`^( *)([a-z_0-9]+):(?: (.*))?$`)
	exampleLine = regexp.MustCompile(`^#   (?:- |  )([a-z_]+): (.*?) +# (.*)$|^#   (?:- |  )([a-z_]+): (.*)$`)
)

// entries reads the commented file: a key's comment stands before it, that of a
// webhook's or carrier's key behind it, in the example.
func entries(text string) (out []entry) {
	var sections, comment []string
	var example []entry
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if m := exampleLine.FindStringSubmatch(line); m != nil {
			example = append(example, entry{m[1] + m[4], m[2] + m[5], m[3]})
			continue
		}
		if c, ok := strings.CutPrefix(strings.TrimSpace(line), "#"); ok {
			comment = append(comment, strings.TrimSpace(c))
			continue
		}
		m := keyLine.FindStringSubmatch(line)
		if m == nil {
			comment = nil // an empty line
			continue
		}
		sections = append(sections[:len(m[1])/2], m[2])
		if key := strings.Join(sections, "."); m[3] != "" {
			out = append(out, entry{key, m[3], strings.Join(comment, " ")})
			for _, e := range example {
				out = append(out, entry{key + "[]." + e.key, e.value, e.comment})
			}
			comment, example = nil, nil
		} else if len(m[1]) == 0 {
			comment = nil
		}
	}
	return out
}

// keysOf are the keys that a configuration can have.
func keysOf(t reflect.Type, prefix string) (out []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case key == "-":
		case f.Type.Kind() == reflect.Struct:
			out = append(out, keysOf(f.Type, prefix+key+".")...)
		case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct:
			out = append(append(out, prefix+key), keysOf(f.Type.Elem(), prefix+key+"[].")...)
		default:
			out = append(out, prefix+key)
		}
	}
	return out
}

// TestEveryKey: what can be configured stands in the file that a new node gets,
// with a comment, and in the documentation, which is made from that file.
func TestEveryKey(t *testing.T) {
	known := map[string]entry{}
	var doc strings.Builder
	doc.WriteString(configHead)
	for _, e := range entries(DefaultConfig) {
		known[e.key] = e
		fmt.Fprintf(&doc, "| `%s` | `%s` | %s |\n", e.key, e.value, strings.ReplaceAll(e.comment, "|", `\|`))
	}
	doc.WriteString(configTail)
	keys := keysOf(reflect.TypeFor[Config](), "")
	for _, key := range keys {
		e, ok := known[key]
		if !ok {
			t.Errorf("%s is not in the commented file", key)
		} else if e.comment == "" && !strings.Contains(key, "[].") && !inherits(key) {
			t.Errorf("%s has no comment", key)
		}
		delete(known, key)
	}
	for key := range known {
		t.Errorf("the commented file has %s, which is no key", key)
	}
	const path = "../docs/operating/configuration.md"
	if *update {
		if err := os.WriteFile(path, []byte(doc.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != doc.String() {
		t.Errorf("%s is stale (%v): go test ./node -run TestEveryKey -update", path, err)
	}
}

// inherits says which keys share the comment of the key before.
func inherits(key string) bool { return key == "pool.bytes_max" || key == "join.trust.hash" }
