#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A private PostgreSQL 15 for tests, in a folder of its own.
#   postgres.sh start DIR   makes and starts it, prints a conninfo (superuser
#                           postgres, database postgres, Unix socket only)
#   postgres.sh stop DIR    ends what start began, by its process id
#   postgres.sh kill DIR    ends it at once, as a power cut would (SIGKILL)
# Starting what runs already prints the conninfo again.
set -euo pipefail
bin=${PG_BIN:-/usr/lib/postgresql/15/bin}

usage() {
	sed -n '3,8s/^# \{0,1\}//p' "$0" >&2
	exit 64
}
[ $# -eq 2 ] || usage
verb=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
[ -x "$bin/postgres" ] || {
	echo "postgres.sh: PostgreSQL 15 is not installed" >&2
	exit 77
}

# PostgreSQL refuses root. Preferred: the package's own user; where that user
# cannot reach the folder, a user namespace in which root has that user's id.
as=() owner=''
if [ "$(id -u)" -eq 0 ]; then
	if runuser -u postgres -- test -x "$dir" 2>/dev/null; then
		as=(runuser -u postgres --)
		owner=postgres
	elif unshare -U --map-user="$(id -u postgres)" --map-group="$(id -g postgres)" true 2>/dev/null; then
		as=(unshare -U "--map-user=$(id -u postgres)" "--map-group=$(id -g postgres)")
	else
		echo "postgres.sh: no user to run PostgreSQL as in $dir" >&2
		exit 77
	fi
fi

data=$dir/data
# A socket's path holds at most 107 bytes; a deep folder gets a short one.
sock=$dir/s
if [ ${#sock} -gt 85 ]; then
	if [ -e "$dir/socket" ]; then
		sock=$(cat "$dir/socket")
	else
		sock=$(mktemp -d /tmp/cm-pg.XXXXXX)
		echo "$sock" >"$dir/socket"
	fi
fi

# The postmaster's id, from the first line of its own file.
pid() { [ -e "$data/postmaster.pid" ] && head -n 1 "$data/postmaster.pid"; }
alive() {
	local p
	p=$(pid) && [ -n "$p" ] && kill -0 "$p" 2>/dev/null
}
conninfo() { echo "host=$sock port=5432 user=postgres dbname=postgres"; }
ready() { "$bin/pg_isready" -q -h "$sock" -p 5432 -d postgres -U postgres; }

launch() {
	setsid "${as[@]}" "$bin/postgres" -D "$data" -c listen_addresses= \
		-c "unix_socket_directories=$sock" -c port=5432 \
		-c max_connections=50 -c log_min_messages=fatal \
		>>"$dir/postgres.log" 2>&1 </dev/null &
}

start() {
	if ! alive; then
		mkdir -p "$data" "$sock"
		# Only its owner reaches the socket: trust is enough.
		chmod 700 "$data" "$sock"
		[ -z "$owner" ] || chown "$owner" "$data" "$sock"
		if [ ! -e "$data/PG_VERSION" ]; then
			"${as[@]}" "$bin/initdb" -D "$data" -U postgres --auth=trust \
				-E UTF8 --locale=C.UTF-8 >"$dir/initdb.log" 2>&1 || {
				cat "$dir/initdb.log" >&2
				exit 1
			}
		fi
	fi
	for ((i = 0; i < 300; i++)); do
		# After a kill the old server's last processes may still be ending;
		# PostgreSQL refuses to start beside them, so it is asked again.
		if [ $((i % 10)) -eq 0 ] && ! alive; then launch; fi
		if ready; then
			conninfo
			return 0
		fi
		sleep 0.1
	done
	cat "$dir/postgres.log" >&2
	exit 1
}

end() { # signal
	local p i
	p=$(pid) || return 0
	kill "-$1" "$p" 2>/dev/null || return 0
	for ((i = 0; i < 300; i++)); do
		kill -0 "$p" 2>/dev/null || break
		sleep 0.1
	done
}

case $verb in
start) start ;;
stop)
	end INT
	if [ -e "$dir/socket" ]; then rm -rf "$sock" "$dir/socket"; fi
	;;
kill) end KILL ;;
*) usage ;;
esac
