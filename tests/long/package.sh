#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: the Debian packages are sound. They build from the tracked tree, lintian
# has neither error nor warning, and in a fresh Debian (a chroot, never this
# machine) they install, bring programs that start, manual pages, units that are
# not enabled, configuration that its owner may change and nobody else read, and
# once purged leave no file behind, what their units stored included.
cd "$(dirname "$0")/../.."
. tests/long/lib.sh
version=$(sed -n 's/^project(countermark VERSION \([0-9.]*\) .*/\1/p' CMakeLists.txt)
say() { echo "package: [$SECONDS s] $*"; }

# ---- build ----
tree_into "$work/src/countermark"
[ "$(cd "$work/src/countermark" && dpkg-parsechangelog -S Version)" = "$version" ] ||
	fail "debian/changelog is not of version $version"
say 'building'
(cd "$work/src/countermark" && DEB_BUILD_OPTIONS="parallel=$(nproc)" dpkg-buildpackage -b -us -uc) \
	>"$work/build.log" 2>&1 || {
	tail -n 40 "$work/build.log" >&2
	fail 'dpkg-buildpackage'
}
packages=(countermark countermark-edge countermark-verify)
debs=()
for p in "${packages[@]}"; do debs+=("$(echo "$work/src/${p}_${version}"_*.deb)"); done
lintian --allow-root --fail-on error,warning "${debs[@]}" >"$work/lintian" 2>&1 || {
	cat "$work/lintian" >&2
	fail 'lintian'
}
say "built: $(du -ch "${debs[@]}" | tail -n 1 | cut -f1), nothing from lintian"

# ---- a fresh Debian with what they depend on ----
root=$work/root
debian_into "$root"
mount -t proc proc "$root/proc"
for d in null zero random urandom tty; do
	[ -e "$root/dev/$d" ] || { : >"$root/dev/$d" && mount --bind "/dev/$d" "$root/dev/$d"; }
done
cp /etc/resolv.conf "$root/etc/resolv.conf"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
in_root() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"; }
quiet() { # command…
	"$@" >"$work/log" 2>&1 || {
		tail -n 30 "$work/log" >&2
		fail "$*"
	}
}
mkdir "$root/debs"
cp "${debs[@]}" "$root/debs"
# Minimal images leave manual pages and examples out by dpkg's configuration.
[ ! -e "$root/etc/dpkg/dpkg.cfg.d/docker" ] || rm "$root/etc/dpkg/dpkg.cfg.d/docker"
quiet in_root apt-get update
needs=$(for d in "${debs[@]}"; do
	dpkg-deb -f "$d" Depends
	dpkg-deb -f "$d" Pre-Depends
done | sed '/^$/d' | paste -sd, -)
quiet in_root apt-get satisfy -y --no-install-recommends "$needs, man-db, systemd"
# Every file and link; what dpkg, apt and ldconfig keep about packages is theirs.
files() {
	(cd "$root" && find . -xdev \( -path ./proc -o -path ./debs -o -path ./var/lib/dpkg -o -path ./var/lib/apt \
		-o -path ./var/cache -o -path ./var/log -o -path ./tmp \) -prune -o -print | LC_ALL=C sort)
}
files >"$work/before"

# ---- install ----
quiet in_root sh -c 'dpkg -i /debs/*.deb'
started=0
for p in countermark countermark-api countermark-ingest countermark-edge countermark-verify; do
	got=$(in_root "$p" --version) || fail "$p --version"
	[ "$got" = "$p $version" ] || fail "$p says '$got'"
	in_root "$p" --help >"$work/help" || fail "$p --help"
	grep -q '^usage: ' "$work/help" || fail "$p --help: $(head -n 1 "$work/help")"
	section=8
	[ $p != countermark-verify ] || section=1
	in_root man -w $section $p >/dev/null || fail "no manual page $p($section)"
	started=$((started + 1))
done
for page in countermark.conf countermark-api.conf countermark-edge.conf; do
	in_root man -w 5 $page >/dev/null || fail "no manual page $page(5)"
done
in_root test -e /usr/share/countermark/schema/0001_tables.sql || fail 'no schema'
units=0
for unit in countermark-api countermark-ingest countermark-projector countermark-witness countermark-edge; do
	state=$(in_root systemctl is-enabled $unit.service || true)
	[ "$state" = disabled ] || fail "$unit.service is '$state'"
	user=$(sed -n 's/^User=//p' "$root/lib/systemd/system/$unit.service")
	[ -z "$user" ] || in_root id "$user" >/dev/null || fail "$unit.service: no user $user"
	units=$((units + 1))
done
# Each program reads its file with the rights of its unit; most say what is missing.
reads() { # user program configuration [words]
	local code=0
	in_root setpriv --reuid="$1" --regid="$(in_root id -g "$1")" --clear-groups "$2" "${@:4}" --config "/etc/countermark/$3" --check \
		>"$work/check" 2>&1 || code=$?
	case $code in 0 | 78) ;; *) false ;; esac && ! grep -qiE 'permission|cannot open|no such' "$work/check" ||
		fail "$2 with $3 as $1 ($code): $(tail -n 1 "$work/check")"
}
reads countermark countermark-api api.conf
reads countermark-ingest countermark-ingest ingest.conf
reads countermark-projector countermark-ingest projector.conf --project
reads nobody countermark-edge edge.conf
reads root countermark countermark.conf
for f in api ingest projector countermark; do
	[ "$(stat -c %A "$root/etc/countermark/$f.conf" | cut -c8-)" = --- ] || fail "$f.conf is for everybody"
done
# An operator's change outlives an installation anew.
echo '# ours' >>"$root/etc/countermark/api.conf"
quiet in_root dpkg -i --force-confdef --force-confold "/debs/$(basename "${debs[0]}")"
grep -qx '# ours' "$root/etc/countermark/api.conf" || fail 'an installation anew took back a change of api.conf'
[ "$(stat -c %a "$root/etc/countermark/api.conf")" = 640 ] || fail 'an installation anew gave api.conf other rights'
say "installed: $started programs start, $units units, none enabled"

# ---- purge ----
# What systemd would have made for units that ran.
mkdir -p "$root/var/lib/countermark-ingest" "$root/var/lib/countermark-witness" "$root/var/lib/private/countermark-edge"
ln -s private/countermark-edge "$root/var/lib/countermark-edge"
touch "$root/var/lib/countermark-ingest/highwater" "$root/var/lib/private/countermark-edge/line.db"
quiet in_root dpkg -r "${packages[@]}"
[ -e "$root/etc/countermark/api.conf" ] && [ -e "$root/var/lib/countermark-ingest/highwater" ] ||
	fail 'removing took configuration or state, which is for purging'
quiet in_root dpkg -P "${packages[@]}"
files >"$work/after"
diff "$work/before" "$work/after" >"$work/left" || {
	cat "$work/left" >&2
	fail 'purging leaves or takes files'
}
[ -z "$(in_root dpkg-query -W -f '${Package}\n' 'countermark*' 2>/dev/null)" ] || fail 'dpkg still knows them'
echo "package: ${#packages[@]} packages, lintian clean, $started programs started, $units units, purge left no file; $SECONDS s"
