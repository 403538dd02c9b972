package jail

import "time"

// Settle sets how long a jail that was just used is safe from making room for another.
func (k *Keeper) Settle(d time.Duration) { k.settle = d }
