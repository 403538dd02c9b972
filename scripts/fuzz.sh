#!/usr/bin/env bash
# Runs every fuzz target of the project for a while, one after the other.
# usage: fuzz.sh DURATION
set -euo pipefail
cd "$(dirname "$0")/.."
for package in $(go list ./...); do
	folder=$(go list -f '{{.Dir}}' "$package")
	for target in $(grep -ho '^func Fuzz[A-Za-z0-9_]*' "$folder"/*_test.go 2>/dev/null | cut -d' ' -f2); do
		echo "== $package $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$1" "$package"
	done
done
