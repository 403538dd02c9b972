//go:build !unix

package supervise

import "os"

// terminate ends a process: there is no way to ask.
var terminate = os.Kill
