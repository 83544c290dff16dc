package node

import (
	"fmt"
	"io"
	"log/slog"
)

// Logger returns the logger that the configuration asks for, writing to w.
func (c *Config) Logger(w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Log.Level)); err != nil {
		level = slog.LevelInfo // check has refused it
	}
	opt := &slog.HandlerOptions{Level: level}
	if c.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opt))
	}
	return slog.New(slog.NewTextHandler(w, opt))
}

// checkLog refuses a level or a format that isn't one.
func (c *Config) checkLog() error {
	switch c.Log.Level {
	case "error", "warn", "info", "debug":
	default:
		return fmt.Errorf("%s: log.level is %q, not error, warn, info or debug", ConfigFile, c.Log.Level)
	}
	if f := c.Log.Format; f != "text" && f != "json" {
		return fmt.Errorf("%s: log.format is %q, not text or json", ConfigFile, f)
	}
	return nil
}

// tellLog says what a block did, and once in a while what all of them did.
func (a *app) tellLog(d *decided) {
	if a.log == nil {
		return
	}
	a.log.Debug("block", "height", d.height, "time", d.time, "transactions", len(d.txs), "changes", len(d.done.Changes))
	if blocks, txs, took, ok := a.meter.pulse.summary(); ok {
		waiting, _ := a.pool.size()
		a.log.Info("busy", "height", d.height, "blocks", blocks, "transactions", txs,
			"per_second", int(float64(txs)/took.Seconds()), "pool", waiting)
	}
}
