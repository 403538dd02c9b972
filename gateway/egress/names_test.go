package egress_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// names starts a name server on loopback and returns a resolver that asks it. answer gives
// the addresses of a name, without its last dot; none: there is no such name. The answers
// live for 0 seconds.
func names(t testing.TB, answer func(name string) []string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			if reply, err := reply(buffer[:n], answer); err == nil {
				_, _ = conn.WriteTo(reply, from)
			}
		}
	}()
	t.Cleanup(func() {
		conn.Close()
		<-done
	})
	return &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "udp", conn.LocalAddr().String())
		},
	}
}

func reply(query []byte, answer func(string) []string) ([]byte, error) {
	var message dnsmessage.Message
	if err := message.Unpack(query); err != nil {
		return nil, err
	}
	message.Response, message.Additionals = true, nil
	question := message.Questions[0]
	addresses := answer(strings.TrimSuffix(question.Name.String(), "."))
	if addresses == nil {
		message.RCode = dnsmessage.RCodeNameError
	}
	for _, text := range addresses {
		addr := netip.MustParseAddr(text)
		resource := dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: question.Name, Class: dnsmessage.ClassINET}}
		switch {
		case addr.Is4() && question.Type == dnsmessage.TypeA:
			resource.Body = &dnsmessage.AResource{A: addr.As4()}
		case addr.Is6() && question.Type == dnsmessage.TypeAAAA:
			resource.Body = &dnsmessage.AAAAResource{AAAA: addr.As16()}
		default:
			continue
		}
		message.Answers = append(message.Answers, resource)
	}
	return message.Pack()
}

// always answers from a table.
func always(table map[string][]string) func(string) []string {
	return func(name string) []string { return table[name] }
}
