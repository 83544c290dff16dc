// Package sbom says what the binary is made of, as a software bill of materials
// in CycloneDX 1.6 JSON: every module that is linked in, with its version, the
// checksum Go verified, and its licence.
package sbom

import (
	"encoding/json"
	"io"
	"runtime/debug"
	"strings"
)

// document has the parts of CycloneDX 1.6 that we fill in. It holds no time
// and no random serial number: the same binary has the same document.
type document struct {
	Format     string      `json:"bomFormat"`
	Spec       string      `json:"specVersion"`
	Version    int         `json:"version"`
	Metadata   metadata    `json:"metadata"`
	Components []component `json:"components"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	Purl       string     `json:"purl"`
	Licences   []licensed `json:"licenses,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type licensed struct {
	License struct {
		ID string `json:"id"`
	} `json:"license"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Write writes the bill of materials of a binary with this build information.
func Write(w io.Writer, info *debug.BuildInfo) error {
	d := document{Format: "CycloneDX", Spec: "1.6", Version: 1}
	d.Metadata.Component = of("application", info.Main.Path, info.Main.Version, "Apache-2.0")
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			d.Metadata.Component.Properties = []property{{"vcs.revision", s.Value}}
		}
	}
	// Most known vulnerabilities of Go programs are in the standard library.
	d.Components = []component{of("library", "std", strings.TrimPrefix(info.GoVersion, "go"), "BSD-3-Clause")}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		c := of("library", m.Path, m.Version, Licence(m.Path))
		if m.Sum != "" {
			c.Properties = []property{{"go.sum", m.Sum}}
		}
		d.Components = append(d.Components, c)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(d)
}

func of(kind, path, version, licence string) component {
	// A package URL of the type golang is in lower case; a + would be a space.
	purl := "pkg:golang/" + strings.ToLower(path) + "@" + strings.ReplaceAll(version, "+", "%2B")
	c := component{Type: kind, Ref: purl, Name: path, Version: version, Purl: purl}
	if licence != "" {
		l := licensed{}
		l.License.ID = licence
		c.Licences = []licensed{l}
	}
	return c
}
