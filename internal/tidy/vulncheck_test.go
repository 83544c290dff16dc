package tidy

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// entry is a made-up vulnerability of the standard library, in OSV.
const entry = `{"schema_version":"1.3.1","id":"GO-2099-0001","modified":"2026-01-01T00:00:00Z","published":"2026-01-01T00:00:00Z",
"summary":"made up","details":"made up","affected":[{"package":{"name":"stdlib","ecosystem":"Go"},
"ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}],"ecosystem_specific":{"imports":[{"path":"crypto/sha256","symbols":["SYMBOL"]}]}}],
"database_specific":{"url":"https://pkg.go.dev/vuln/GO-2099-0001","review_status":"REVIEWED"}}`

// TestVulncheck: the check finds a vulnerable function that is called, lets one
// pass that isn't, and says so where it can't know.
func TestVulncheck(t *testing.T) {
	if testing.Short() {
		t.Skip("it may have to build govulncheck first")
	}
	database := func(symbol string) string {
		dir := t.TempDir()
		if symbol != "" {
			if err := os.WriteFile(filepath.Join(dir, "GO-2099-0001.json"), []byte(strings.Replace(entry, "SYMBOL", symbol, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return "GOVULNDB=file://" + dir
	}
	for name, c := range map[string]struct {
		env  string
		fine bool
		says string
	}{
		"called":            {database("Sum256"), false, "GO-2099-0001"},
		"not called":        {database("Sum224"), true, ""},
		"empty database":    {database(""), false, "no entry"},
		"no network":        {"HTTPS_PROXY=http://127.0.0.1:9", true, "vulnerabilities NOT checked"},
		"no named database": {"GOVULNDB=http://127.0.0.1:9", false, "vulndb"},
	} {
		cmd := exec.Command("tools/vulncheck.sh", "./ledger/state/smt")
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "GOVULNDB=", c.env)
		out, err := cmd.CombinedOutput()
		if (err == nil) != c.fine || !strings.Contains(string(out), c.says) || c.says == "" && len(out) > 0 {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
