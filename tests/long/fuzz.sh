#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goal: no input makes a parser crash, leak, hang or break a promise. Every fuzz
# target runs, two at a time, each for the same share of CM_FUZZ_MINUTES (60).
# What a target found before stays in its corpus under build/fuzz and is where
# it goes on. An input that broke something is kept in build/test/fuzz.
set -euo pipefail
cd "$(dirname "$0")/../.."
built=build/fuzz
minutes=${CM_FUZZ_MINUTES:-60}
at_once=2
out=build/test/fuzz
mkdir -p "$out"

mapfile -t targets < <(find "$built/tests/fuzz" -maxdepth 1 -type f -perm -u+x -name 'fuzz_*' -printf '%f\n' | sort)
total=${#targets[@]}
# A target that is not built would be missed in silence.
want=$(find tests/fuzz -maxdepth 1 -name 'fuzz_*.c' | wc -l)
[ "$total" -eq "$want" ] || {
	echo "fuzz: $total targets in $built, $want in tests/fuzz" >&2
	exit 1
}
each=$((minutes * 60 * at_once / total))
[ "$each" -ge 1 ] || {
	echo "fuzz: $minutes minutes are less than a second for each of $total targets" >&2
	exit 64
}
echo "fuzz: $total targets, $at_once at a time, $each s each: about $(((total + at_once - 1) / at_once * each)) s"

declare -A running=()
ended=0 runs=0 found=0 bad=()
stop() {
	local pid
	for pid in "${!running[@]}"; do kill "$pid" 2>/dev/null || true; done
}
trap stop EXIT
trap 'exit 130' INT TERM

start() { # target
	local name=${1#fuzz_} seeds=()
	[ ! -d "tests/fuzz/corpus/$name" ] || seeds=("tests/fuzz/corpus/$name")
	mkdir -p "$built/corpus/$name"
	rm -f "$out/$name"-*
	"$built/tests/fuzz/$1" -max_total_time="$each" -max_len=70000 -rss_limit_mb=1024 \
		-timeout=10 -print_final_stats=1 -artifact_prefix="$out/$name-" \
		"$built/corpus/$name" "${seeds[@]}" >"$out/$name.log" 2>&1 &
	running[$!]=$name
}
reap() { # waits for one to end
	local pid='' code=0 name n new
	wait -n -p pid "${!running[@]}" || code=$?
	name=${running[$pid]}
	unset "running[$pid]"
	n=$(sed -n 's/^stat::number_of_executed_units: *//p' "$out/$name.log")
	new=$(sed -n 's/^stat::new_units_added: *//p' "$out/$name.log")
	ended=$((ended + 1)) runs=$((runs + ${n:-0})) found=$((found + ${new:-0}))
	if [ "$code" -eq 0 ] && [ "${n:-0}" -gt 0 ]; then
		echo "fuzz: [$ended/$total] $name ok, $n inputs, $new new in its corpus"
		return
	fi
	bad+=("$name")
	echo "fuzz: [$ended/$total] $name FAILED ($code), the end of $out/$name.log:"
	tail -n 40 "$out/$name.log"
}
for target in "${targets[@]}"; do
	[ ${#running[@]} -lt $at_once ] || reap
	start "$target"
done
while [ ${#running[@]} -gt 0 ]; do reap; done

if [ ${#bad[@]} -gt 0 ]; then
	echo "fuzz: ${#bad[@]} of $total targets FAILED: ${bad[*]}"
	exit 1
fi
echo "fuzz: $total targets of $each s each, $runs inputs, $found new in the corpora, no fault"
