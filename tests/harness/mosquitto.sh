#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A private mosquitto for tests, in a folder of its own, on a loopback port.
#   mosquitto.sh start DIR  makes and starts it, prints its port
#   mosquitto.sh stop DIR   ends what start began, by its process id
#   mosquitto.sh kill DIR   ends it at once (SIGKILL); start brings it back on
#                           the same port
# Starting what runs already prints the port again. A bare user name is the
# device's name; the access list is the product's.
set -euo pipefail

usage() {
	sed -n '3,9s/^# \{0,1\}//p' "$0" >&2
	exit 64
}
[ $# -eq 2 ] || usage
verb=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
broker=$(command -v mosquitto || echo /usr/sbin/mosquitto)
[ -x "$broker" ] || {
	echo "mosquitto.sh: mosquitto is not installed" >&2
	exit 77
}

alive() { [ -s "$dir/pid" ] && kill -0 "$(cat "$dir/pid")" 2>/dev/null; }
pause() { read -rt "$1" <> <(:) || true; }
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

write_conf() { # port
	cat >"$dir/acl" <<-'CONF'
		pattern write cm/1/+/%u/ev
		pattern read cm/1/+/%u/rc
		user ingest
		topic read cm/1/+/+/ev
		topic write cm/1/+/+/rc
	CONF
	cat >"$dir/mosquitto.conf" <<-CONF
		listener $1 127.0.0.1
		allow_anonymous true
		acl_file $dir/acl
		max_inflight_messages 1000
		max_queued_messages 100000
		max_queued_bytes 268435456
		message_size_limit 60000
		max_packet_size 65536
		set_tcp_nodelay true
		persistence true
		persistence_location $dir/
		autosave_interval 60
		sys_interval 10
		log_dest stderr
		log_type error
		log_type warning
		log_type notice
	CONF
	# Else it drops to a user that may not read this folder.
	if [ "$(id -u)" -eq 0 ]; then echo "user root" >>"$dir/mosquitto.conf"; fi
	chmod 600 "$dir/acl"
}

start() {
	local port i tries
	if alive; then
		cat "$dir/port"
		return 0
	fi
	for tries in 1 2 3 4 5; do
		if [ -s "$dir/port" ]; then
			port=$(cat "$dir/port")
		else
			port=$((20000 + RANDOM % 12000))
		fi
		answers "$port" && [ ! -s "$dir/port" ] && continue
		write_conf "$port"
		setsid "$broker" -c "$dir/mosquitto.conf" \
			>>"$dir/mosquitto.log" 2>&1 </dev/null &
		echo $! >"$dir/pid"
		for ((i = 0; i < 100; i++)); do
			if ! alive; then break; fi
			if answers "$port"; then
				echo "$port" | tee "$dir/port"
				return 0
			fi
			pause 0.05
		done
		# Taken in the meantime: another one, unless it must be this.
		[ ! -s "$dir/port" ] || pause 0.2
		: "$tries"
	done
	tail -n 20 "$dir/mosquitto.log" >&2
	exit 1
}

end() { # signal
	local p i
	[ -s "$dir/pid" ] || return 0
	p=$(cat "$dir/pid")
	kill "-$1" "$p" 2>/dev/null || true
	for ((i = 0; i < 100; i++)); do
		kill -0 "$p" 2>/dev/null || break
		pause 0.05
	done
	rm -f "$dir/pid"
}

case $verb in
start) start ;;
stop)
	end TERM
	rm -f "$dir/port"
	;;
kill) end KILL ;;
*) usage ;;
esac
