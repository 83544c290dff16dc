// Package webhook tells other systems what changes on the ledger: signed
// CloudEvents over HTTP, at least once.
//
// The way of an event: the node writes what a webhook asks for into its journal,
// in the same batch as the block. The Dispatcher takes it from there into the
// queue, a small database of its own, synced, and only then lets the journal go.
// Workers deliver from the queue, retry what fails, and put what can't be
// delivered aside as dead letters. Whatever ends the process in between, the
// event is in the journal, in the queue, or delivered; after a crash some are
// delivered twice, under the same id.
//
// Nothing here is ever waited for by the chain: a slow receiver makes its own
// queue longer, on disk, and nobody else's.
package webhook
