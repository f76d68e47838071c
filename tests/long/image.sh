#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: docker/Dockerfile builds, and each target's program starts in its image
# and tells its version. buildah needs no daemon, and with chroot isolation no
# namespaces; it keeps layers as the machine can. The base is a Debian made by
# debootstrap, so that nothing comes from anywhere but Debian's mirror.
cd "$(dirname "$0")/../.."
. tests/long/lib.sh
version=$(sed -n 's/^project(countermark VERSION \([0-9.]*\) .*/\1/p' CMakeLists.txt)

export BUILDAH_ISOLATION=chroot
store=(--root "$work/images" --runroot "$work/run")
b() { buildah "${store[@]}" "$@"; }
own() { # what becomes an image of its own: FROM scratch and the folder
	local c
	c=$(b from scratch)
	b add -q "$c" "$1" / >/dev/null
	b commit -q "$c" "$2" >/dev/null
	b rm "$c" >/dev/null
}
debian_into "$work/debian"
own "$work/debian" countermark-base
rm -rf --one-file-system "$work/debian"
tree_into "$work/tree"

mapfile -t targets < <(sed -n 's/^FROM base AS \([a-z]*\)$/\1/p' docker/Dockerfile)
[ ${#targets[@]} -gt 0 ] || fail 'docker/Dockerfile names no target'
started=0
for target in "${targets[@]}"; do
	echo "image: [$SECONDS s] building $target"
	b build --pull-never --layers --build-arg BASE=localhost/countermark-base --target "$target" \
		-t "$target" -f "$work/tree/docker/Dockerfile" "$work/tree" >"$work/$target.log" 2>&1 || {
		tail -n 40 "$work/$target.log" >&2
		fail "target $target does not build"
	}
	read -ra entry <<<"$(b inspect --type image --format '{{range .OCIv1.Config.Entrypoint}}{{.}} {{end}}' "$target")"
	program=${entry[0]}
	user=$(b inspect --type image --format '{{.OCIv1.Config.User}}' "$target")
	[ "$user" = countermark ] || fail "$target runs as '$user'"
	c=$(b from --pull-never "$target")
	got=$(b run "$c" -- "$program" --version) || fail "$target: $program --version"
	[ "$got" = "$program $version" ] || fail "$target: $program says '$got'"
	# Without a configuration the entry point says so and ends.
	code=0
	b run "$c" -- "${entry[@]}" >"$work/out" 2>&1 || code=$?
	# 78 a configuration that is not there, 64 a command that is not there
	[ $code -eq 78 ] || [ $code -eq 64 ] || {
		cat "$work/out" >&2
		fail "$target: without a configuration it ends with $code"
	}
	b rm "$c" >/dev/null
	started=$((started + 1))
	echo "image: [$SECONDS s] $target: $got"
done
echo "image: $started targets of docker/Dockerfile built and started (${targets[*]}) in $SECONDS s"
