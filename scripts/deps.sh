#!/usr/bin/env bash
# Finds or installs what the tests need beyond Go, and says what it did.
# usage: deps.sh FOLDER…   (folders with a package-lock.json)
set -euo pipefail
cd "$(dirname "$0")/.."

apt_install() { # PACKAGE…
	[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" >/dev/null 2>&1 && return 0
	apt-get update -qq >/dev/null 2>&1 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" >/dev/null 2>&1
}

need() { # COMMAND PACKAGE WHAT-FOR
	if command -v "$1" >/dev/null; then
		echo "deps: $1 found: $(command -v "$1")"
	elif apt_install "$2"; then
		echo "deps: $1 installed (Debian package $2)"
	else
		echo "deps: $1 is missing and could not be installed; $3 will be skipped."
		echo "      Install it (Debian, Ubuntu: sudo apt-get install $2; macOS: brew install ${4:-$2}) and run again."
		return 1
	fi
}

need redis-server redis-server "tests against Redis" redis || true

if need npm npm "tests of examples with npm packages" node; then
	for folder in "$@"; do
		[ -f "$folder/package-lock.json" ] || continue
		if [ "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ]; then
			echo "deps: $folder: npm packages are there"
			continue
		fi
		if (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error >/dev/null); then
			echo "deps: $folder: npm packages installed"
		else
			echo "deps: $folder: npm ci failed; tests that need its packages will be skipped"
		fi
	done
fi
