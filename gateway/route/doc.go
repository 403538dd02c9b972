// Package route says which function a request is for.
//
// A [Table] maps host and path to a version of a function. It is immutable: a change of
// routes builds a new one, and a [Router] puts it in place of the old in one atomic store,
// so that requests never wait for a change and never see half of one.
//
//	example.com/*         any path of one host
//	example.com           the same
//	example.com/api       one path
//	example.com/api/*     /api/ and all below it, not /api
//	example.com/api*      /api, /api/ and /apiary too
//	*.example.com/*       every host below example.com, not example.com itself
//	*/*                   every host
//
// One rule covers the paths: a "*" at the end stands for any rest, also an empty one, and
// everything before it is literal.
//
// # Specificity
//
// Of the patterns that match, the most specific wins: an exact host before a wildcard, a
// longer wildcard before a shorter one, then an exact path before a prefix, then the longer
// prefix. Two functions with the same pattern are an error of [New], never a race.
//
// # One form
//
// Hosts and paths are compared in one canonical form, the one that [Host], [Path] and
// [Query] give. The gateway brings a request to it once, and router, rules and function
// see the same string: what a guard has let through can't mean something else later.
package route
