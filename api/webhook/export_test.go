package webhook

// Refuse has the next write to the queue refused, as by a full disk.
func (d *Dispatcher) Refuse(why error) { _ = d.queue.disk.Do(func() error { panic(why) }) }
