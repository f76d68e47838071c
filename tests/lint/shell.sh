#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The shell checker has nothing to warn about.
. "$(dirname "$0")/lib.sh"
need shellcheck

# Names that a sourced file sets cannot be followed; `set -u` finds them.
faults_from < <(scripts | xargs -r shellcheck -S warning -e SC2154 -f gcc || true)
finish
