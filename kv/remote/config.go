package remote

import "fmt"

// Bounds of a window. The least has room for the largest request in the three quarters
// that large requests share, and the most is what a hello may say.
const (
	windowBytesMin = (costMax + 2) / 3 * 4
	windowBytesMax = 1 << 40
)

// answerBytesMin has room for the largest answer.
const answerBytesMin = messageBytesMax

// Config says how a Client behaves. Its zero value is useful.
type Config struct {
	// RequestBytesMax bounds what this client has under way, values that it writes above
	// all: a call past it waits. Each call counts 8 KiB beside its arguments. 0, or more
	// than the server allows: what the server allows. At least 36 MiB.
	RequestBytesMax int64
}

// Validate returns an error that names the field which can't be used.
func (c Config) Validate() error {
	return checkBytes("Config.RequestBytesMax", c.RequestBytesMax, windowBytesMin)
}

// ServerConfig says what one client may do. Its zero value is useful.
type ServerConfig struct {
	// RequestBytesMax bounds the requests that are under way: the memory that the client
	// can make the server hold for them. Each call counts 8 KiB beside its arguments.
	// 0: 64 MiB. At least 36 MiB.
	RequestBytesMax int64

	// AnswerBytesMax bounds the answers that are being read from the store or wait to be
	// sent. A Get counts as the largest value while the store reads it, so this also says
	// how many read at once. 0: 128 MiB, which is five. At least 26 MiB.
	AnswerBytesMax int64

	// Allow says which namespaces the client may name: an error that it returns is the
	// answer to the call, and the store isn't asked. It must be quick and safe for
	// concurrent use. nil: all.
	Allow func(ns string) error
}

func (c ServerConfig) withDefaults() ServerConfig {
	if c.RequestBytesMax == 0 {
		c.RequestBytesMax = 64 << 20
	}
	if c.AnswerBytesMax == 0 {
		c.AnswerBytesMax = 128 << 20
	}
	return c
}

// Validate returns an error that names the field which can't be used.
func (c ServerConfig) Validate() error {
	if err := checkBytes("ServerConfig.RequestBytesMax", c.RequestBytesMax, windowBytesMin); err != nil {
		return err
	}
	return checkBytes("ServerConfig.AnswerBytesMax", c.AnswerBytesMax, answerBytesMin)
}

func checkBytes(field string, got, least int64) error {
	if got == 0 || got >= least && got <= windowBytesMax {
		return nil
	}
	return fmt.Errorf("remote: %s is %d; use 0 for the default, or %d to %d", field, got, least, int64(windowBytesMax))
}
