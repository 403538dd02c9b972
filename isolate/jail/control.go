package jail

import "time"

// What a keeper and a jail say to each other on the control socket: five bytes, a kind and a
// number. A new channel is a file that comes with the bytes.
const (
	controlBytes = 5
	controlMax   = 100 * time.Millisecond // for the peer to make room for a message

	controlChannel = 'c' // keeper: here is a channel
	controlDrain   = 'd' // keeper: end when the events you have are over
	controlReady   = 'r' // jail: I take channels
	controlEvents  = 'e' // jail: there has been work lately; the number is of events under way
	controlLeaving = 'l' // jail: I am about to end
)

// controlMessage is one of them.
type controlMessage struct {
	kind   byte
	number uint32
}
