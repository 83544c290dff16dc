// Package show writes the schema's messages for people: aligned, amounts with
// their decimals, parties by their handles, times that can be read. JSON is for
// programs, and written here too.
//
// What is on the ledger was written by anybody: characters that would steer a
// terminal are shown as a mark.
package show
