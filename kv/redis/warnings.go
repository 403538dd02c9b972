package redis

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Warnings asks Redis how it is set up, and returns a sentence for an operator about each
// setting by which it may lose what nodes rely on. None means none. Of a Cluster it asks
// one node.
func (s *Store) Warnings(ctx context.Context) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	bounded, cancel := s.bound(ctx, 0)
	defer cancel()
	reply, err := s.client.Info(bounded).Result()
	if err != nil {
		return nil, s.fail(ctx, "ask for", "INFO", err)
	}
	return warningsOf(parseInfo(reply)), nil
}

// parseInfo returns the fields of an INFO reply: lines of "name:value", and headings.
func parseInfo(reply string) map[string]string {
	info := make(map[string]string)
	for line := range strings.Lines(reply) {
		if name, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":"); ok {
			info[name] = value
		}
	}
	return info
}

func warningsOf(info map[string]string) []string {
	var warnings []string
	if v := info["redis_version"]; v != "" && olderThan(v, 6, 2) {
		warnings = append(warnings, fmt.Sprintf("Redis %s is older than 6.2, and writing to it fails: upgrade it.", v))
	}
	if info["aof_enabled"] == "0" {
		warnings = append(warnings, "Redis keeps no append-only file: when it ends, what was written since its last snapshot is lost. Set appendonly to yes.")
	}
	if p := info["maxmemory_policy"]; p != "" && p != "noeviction" && info["maxmemory"] != "0" {
		warnings = append(warnings, fmt.Sprintf("Redis's maxmemory-policy is %s: it drops entries when memory is short. Set it to noeviction.", p))
	}
	return warnings
}

// olderThan says whether version, like "7.0.15", is before major.minor. One that can't be
// read is not.
func olderThan(version string, major, minor int) bool {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return false
	}
	gotMajor, err1 := strconv.Atoi(parts[0])
	gotMinor, err2 := strconv.Atoi(parts[1])
	if err1 != nil || err2 != nil {
		return false
	}
	return gotMajor < major || gotMajor == major && gotMinor < minor
}
