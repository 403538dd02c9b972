package supervise

import (
	"strconv"

	"github.com/coreos/go-systemd/v22/daemon"
)

// NotifyReady tells systemd that the node serves. Like all of Notify… it does nothing when
// systemd hasn't started us or doesn't ask to be told.
func NotifyReady() error { return notify(daemon.SdNotifyReady) }

// NotifyStopping tells systemd that the node is about to end.
func NotifyStopping() error { return notify(daemon.SdNotifyStopping) }

// notifyMain tells systemd that another process is the service from now on. Only the
// present one is believed, unless the unit says NotifyAccess=all.
func notifyMain(pid int) error { return notify("MAINPID=" + strconv.Itoa(pid)) }

func notify(state string) error {
	_, err := daemon.SdNotify(false, state)
	return err
}
