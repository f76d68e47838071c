# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What image.sh and package.sh share: a Debian to build on, the tree as it is
# tracked, a folder that goes away. Source it from the root of the repository.
set -euo pipefail
debian=bookworm

fail() {
	echo "FAILED: $*" >&2
	exit 1
}
[ "$(id -u)" -eq 0 ] || fail 'root is needed: for chroot and for what debootstrap makes'
mkdir -p build/long
# On the disk of the build: a Debian is too much for a /tmp in memory.
work=$(mktemp -d "$PWD/build/long/XXXXXXXX")
chmod 755 "$work"
clean() {
	local m
	while read -r m; do umount -l "$m" || true; done < <(
		awk -v under="$work/" 'index($2, under) == 1 { print $2 }' /proc/mounts | LC_ALL=C sort -r)
	# Never through a mount into the machine itself.
	rm -rf --one-file-system "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM

# The mirror that this machine's own packages come from; CM_MIRROR: another.
mirror() {
	echo "${CM_MIRROR:-$(apt-get indextargets --format '$(SITE)' "Codename: $debian" | head -n 1)}"
}

# debian_into DIR: a minimal Debian, made by debootstrap at the first call and
# kept as an archive for the next.
debian_into() {
	local kept=build/long/$debian.tar site
	site=$(mirror)
	[ -n "$site" ] || fail "no Debian mirror known; set CM_MIRROR"
	if [ ! -e "$kept" ]; then
		echo "a minimal Debian from $site"
		debootstrap --variant=minbase "$debian" "$work/debootstrap" "$site" >"$work/debootstrap.log" 2>&1 || {
			tail -n 20 "$work/debootstrap.log" >&2
			fail 'debootstrap'
		}
		tar -C "$work/debootstrap" --exclude='./var/cache/apt/archives/*.deb' --exclude='./dev/*' -cf "$kept.new" .
		mv "$kept.new" "$kept"
		rm -rf --one-file-system "$work/debootstrap"
	fi
	mkdir -p "$1"
	tar -C "$1" -xf "$kept"
}

# tree_into DIR: the files that are tracked, as they are now.
tree_into() {
	mkdir -p "$1"
	git ls-files -z --cached --others --exclude-standard | tar --null -T - -cf - | tar -C "$1" -xf -
}
