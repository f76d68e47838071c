#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The shell checker has nothing to warn about.
. "$(dirname "$0")/lib.sh"
need shellcheck

faults_from < <(scripts | xargs -r shellcheck -S warning -f gcc || true)
finish
