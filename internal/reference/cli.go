package reference

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func cli(root *cobra.Command) string {
	p := newPage()
	p.printf("# Command line\n\n%s.\n\n", root.Short)
	p.printf("The exit status is 0, 1 for an error, or 2 for a command line that makes no sense. Commands that speak to a node take it from `--node` or `TROTH_NODE`, and give up on one that is silent for 30 seconds, unless they wait for a transaction; commands that sign take a key file from `--key` or `TROTH_KEY`, and its passphrase from the terminal, `TROTH_PASSPHRASE` or `--passphrase-file`. `troth completion --help` says how to have commands and flags completed in a shell.\n\n")
	p.printf("| command | |\n| --- | --- |\n")
	walk(root, func(c *cobra.Command) {
		if c.Runnable() && !c.HasSubCommands() {
			p.printf("| [`%s`](#%s) | %s |\n", c.CommandPath(), strings.ReplaceAll(c.CommandPath(), " ", "-"), cell(c.Short))
		}
	})
	walk(root, func(c *cobra.Command) {
		if !c.Runnable() || c.HasSubCommands() {
			return
		}
		text := c.Long
		if text == "" {
			text = c.Short + "."
		}
		p.printf("\n## %s\n\n%s\n\n```\n%s\n```\n", c.CommandPath(), prose(text), c.UseLine())
		if c.Example != "" {
			p.printf("\n```\n%s\n```\n", c.Example)
		}
		flags(p, c)
	})
	return p.String()
}

// walk calls each for every command that people see, parents first.
func walk(c *cobra.Command, each func(*cobra.Command)) {
	for _, sub := range c.Commands() {
		if sub.Hidden || sub.Name() == "help" || sub.Name() == "completion" {
			continue
		}
		each(sub)
		walk(sub, each)
	}
}

// prose keeps what is indented as it is.
func prose(s string) string {
	var out []string
	inside := false
	for _, line := range strings.Split(strings.TrimSpace(s), "\n") {
		indented := strings.HasPrefix(line, "  ")
		if indented != inside && line != "" {
			out = append(out, "```")
			inside = indented
		}
		out = append(out, line)
	}
	if inside {
		out = append(out, "```")
	}
	return strings.Join(out, "\n")
}

func flags(p *page, c *cobra.Command) {
	first := true
	c.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		if first {
			p.printf("\n| flag | |\n| --- | --- |\n")
			first = false
		}
		name := "--" + f.Name
		if t := f.Value.Type(); t != "bool" {
			name += " " + t
		}
		p.printf("| `%s` | %s |\n", cell(name), cell(f.Usage))
	})
}
