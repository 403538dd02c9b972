package fence

import (
	"slices"
	"strings"
)

// Names of layers.
const (
	LayerParent       = "parent"       // it dies with its parent
	LayerEnvironment  = "environment"  // no variables
	LayerDescriptors  = "descriptors"  // nothing open that was not named
	LayerLimits       = "limits"       // resource limits: no core files, no file grows, few descriptors
	LayerData         = "data"         // private memory, by resource limit: coarse
	LayerUndumpable   = "undumpable"   // no process of the same user reads its memory
	LayerCapabilities = "capabilities" // none of root's powers
	LayerNoNewPrivs   = "no_new_privs" // none to be had from a set-user-ID program
	LayerLandlock     = "landlock"     // no files, by the kernel's access control
	LayerSeccomp      = "seccomp"      // no system calls but those of a program that computes
	LayerMemory       = "memory"       // memory, by control group: exact
	LayerProcesses    = "processes"    // processes and threads, by control group
)

// Layer is one thing that is taken away or bounded, or that could not be.
type Layer struct {
	Name    string `json:"name"`     // one of the constants
	InForce bool   `json:"in_force"` // false: the process still has it
	Note    string `json:"note"`     // one sentence: what is in force, or why it is not
}

// Layers are what stands between a guest and the machine.
type Layers []Layer

// InForce says whether the layer of a name is in force.
func (l Layers) InForce(name string) bool {
	return slices.ContainsFunc(l, func(layer Layer) bool { return layer.Name == name && layer.InForce })
}

// Missing returns the layers that are not in force.
func (l Layers) Missing() Layers {
	var missing Layers
	for _, layer := range l {
		if !layer.InForce {
			missing = append(missing, layer)
		}
	}
	return missing
}

// String returns a line for each layer: "landlock: no file can be opened".
func (l Layers) String() string {
	lines := make([]string, len(l))
	for i, layer := range l {
		between := ": "
		if !layer.InForce {
			between = " is missing: "
		}
		lines[i] = layer.Name + between + layer.Note
	}
	return strings.Join(lines, "\n")
}

func (l *Layers) add(name, note string) { *l = append(*l, Layer{name, true, note}) }

func (l *Layers) lack(name, note string) { *l = append(*l, Layer{name, false, note}) }

// addUnless adds a layer, in force unless err says why not.
func (l *Layers) addUnless(err error, name, note string) {
	if err != nil {
		l.lack(name, err.Error())
		return
	}
	l.add(name, note)
}
