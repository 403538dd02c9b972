package grammartest

import (
	"os"
	"testing"
)

// childEnv makes the test binary the process that runs scripts.
const childEnv = "SKERRY_GRAMMAR_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(child())
	}
	os.Exit(m.Run())
}
