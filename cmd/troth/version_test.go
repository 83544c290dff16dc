package main

import (
	"bytes"
	"encoding/json"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/troth-ledger/troth/internal/sbom"
)

// TestVersion: the version names the commit, and what was changed since.
func TestVersion(t *testing.T) {
	v := built(&debug.BuildInfo{GoVersion: "go1.2.3", Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}}})
	if v.Commit != "abc" || !v.Modified || v.Go != "go1.2.3" || v.Version == "" {
		t.Errorf("%+v", v)
	}
	if v := built(&debug.BuildInfo{}); v.Commit != "unknown" || v.Modified {
		t.Errorf("%+v", v)
	}
	c, out := newRootCommand(), &bytes.Buffer{}
	c.SetOut(out)
	c.SetArgs([]string{"version"})
	if err := c.Execute(); err != nil || !strings.Contains(out.String(), "commit    ") || !strings.Contains(out.String(), runtime.Version()) {
		t.Errorf("%v: %s", err, out)
	}
}

// TestBillOfMaterials reads the document of this very program.
func TestBillOfMaterials(t *testing.T) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		t.Fatal("the program doesn't know what it is made of")
	}
	var b bytes.Buffer
	if err := sbom.Write(&b, info); err != nil {
		t.Fatal(err)
	}
	var d struct {
		BOMFormat, SpecVersion string
		Components             []struct {
			Name, Version, Purl string
			Ref                 string `json:"bom-ref"`
			Licenses            []struct{ License struct{ ID string } }
		}
	}
	if err := json.Unmarshal(b.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	if d.BOMFormat != "CycloneDX" || d.SpecVersion != "1.6" || len(d.Components) != len(info.Deps)+1 {
		t.Errorf("%s %s with %d components, of %d modules", d.BOMFormat, d.SpecVersion, len(d.Components), len(info.Deps))
	}
	refs, comet := map[string]bool{}, false
	for _, c := range d.Components {
		if refs[c.Ref] || c.Version == "" || !strings.HasPrefix(c.Purl, "pkg:golang/") || strings.Contains(c.Purl, "+") {
			t.Errorf("%+v", c)
		}
		refs[c.Ref] = true
		if c.Name == "github.com/cometbft/cometbft" {
			comet = c.Version == "v0.40.0" && len(c.Licenses) == 1 && c.Licenses[0].License.ID == "Apache-2.0"
		}
	}
	if !comet || !refs["pkg:golang/std@"+strings.TrimPrefix(runtime.Version(), "go")] {
		t.Errorf("CometBFT v0.40.0 or the standard library is missing:\n%s", &b)
	}
}
