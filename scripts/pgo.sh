#!/usr/bin/env bash
# Refreshes cmd/skerry/default.pgo, which says to the compiler where a node spends its time:
# loads a node with the workloads, in both isolations, and joins the profiles of its processes.
# usage: pgo.sh [WORKLOADS]      names with commas between; TIME (5s) is how long each has
set -euo pipefail
cd "$(dirname "$0")/.."
workloads=${1:-hello,json,route,kv,kv-embedded,ssr,crypto,echo,stream,fanout,many}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/profiles"
go build -pgo=off -trimpath -tags profile -o "$dir/skerry" ./cmd/skerry
# A run of another program beside it: bench/peers wants one.
SKERRY_PROFILE="$dir/profiles" go run ./bench/peers -skerry "profiled=$dir/skerry" -peers fasthttp \
	-workloads "$workloads" -runs 1 -time "${TIME:-5s}" -out "$dir/report.md" >/dev/null
go tool pprof -proto -output "$dir/all.pgo" "$dir"/profiles/*.cpu
mv "$dir/all.pgo" cmd/skerry/default.pgo
ls -l cmd/skerry/default.pgo
