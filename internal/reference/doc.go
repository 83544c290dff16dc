// Package reference writes the reference pages from the schema and the command
// line: what they say is what the program does, and a test fails when the pages
// in docs/reference are of another version.
package reference
