// Package grammartest looks for scripts that the engine does not survive.
//
// It has tests alone. They run handlers over package isolate in a child process, one after
// the other, with 50 ms of CPU time and 64 MB, and look at the child from outside: it must
// neither die nor run on. Handlers come from two sources:
//
//   - the lists of hostile scripts in cmd/skerry/testdata/hostile, and the one that
//     SKERRY_SHARED names;
//   - a grammar of expressions and statements over everything that a handler can reach. What
//     that is, the engine itself says: the test walks its realm, so that a new built-in or
//     Web API is tried without anybody listing it.
//
// A seed makes a program, always the same one for the same realm. A program that ends the
// child is made smaller, as long as it still does, and printed as a row for the lists.
//
//	SKERRY_FUZZ_JS=2m      how long to generate programs; else a few seconds
//	SKERRY_FUZZ_SEED=1000  where to begin; else at 1
//	SKERRY_FUZZ_FINDINGS=F a file to append rows to: name, script, what happened
package grammartest
