#!/usr/bin/env bash
# Starts a node with the embedded store, pushes an example and prints the line that
# reaches it; or stops that node. Everything it writes is under .demo.
# usage: demo.sh start|stop      LISTEN and ADMIN override the addresses
set -euo pipefail
cd "$(dirname "$0")/.."
listen=${LISTEN:-127.0.0.1:8787}
admin=${ADMIN:-127.0.0.1:8788}
pidfile=.demo/pid

running() { [ -f "$pidfile" ] && kill -0 "$(cat "$pidfile")" 2>/dev/null; }

stop() {
	if running; then
		pid=$(cat "$pidfile")
		kill "$pid"
		for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
		echo "demo: stopped the node (pid $pid)"
	else
		echo "demo: no node is running"
	fi
	rm -f "$pidfile"
}

start() {
	mkdir -p .demo
	if running; then
		echo "demo: a node is running already (pid $(cat "$pidfile")); pushing to it"
	else
		nohup bin/skerry serve --listen "$listen" --admin "$admin" --data .demo/data >.demo/log 2>&1 </dev/null &
		echo $! >"$pidfile"
		for _ in $(seq 100); do
			running || { cat .demo/log; rm -f "$pidfile"; exit 1; }
			bin/skerry doctor --node "http://$admin" --data .demo/data >/dev/null 2>&1 && break
			sleep 0.1
		done
	fi
	bin/skerry push examples/hello/hello.js --node "http://$admin" --data .demo/data
	echo
	echo "A node is running (pid $(cat "$pidfile"), log .demo/log). Reach the function with:"
	echo
	echo "    curl http://hello.localhost:${listen##*:}/"
	echo
	echo "Stop it with: make demo-stop"
}

case "${1:-}" in
start) start ;;
stop) stop ;;
*) echo "usage: demo.sh start|stop" >&2; exit 2 ;;
esac
