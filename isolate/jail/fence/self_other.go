//go:build !linux

package fence

import (
	"os"
	"runtime"
)

// self does what every system can.
func self(cfg Config) (Layers, error) {
	var l Layers
	if cfg.Parent != 0 && os.Getppid() != cfg.Parent {
		return nil, ErrOrphan
	}
	clearEnvironment(cfg.Env)
	l.add(LayerEnvironment, "the environment is empty but for what was asked for")
	for _, name := range []string{LayerParent, LayerDescriptors, LayerLimits, LayerData, LayerUndumpable, LayerCapabilities, LayerNoNewPrivs, LayerLandlock, LayerSeccomp} {
		l.lack(name, runtime.GOOS+" has nothing of the kind that is used here")
	}
	return l, nil
}

// Available says which layers [Self] would put in force, as far as can be told without doing it.
func Available() Layers {
	var l Layers
	for _, name := range []string{LayerLandlock, LayerSeccomp} {
		l.lack(name, runtime.GOOS+" has nothing of the kind that is used here")
	}
	return l
}
