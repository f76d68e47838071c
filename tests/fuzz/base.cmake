# SPDX-License-Identifier: Apache-2.0
cm_fuzz(json_scan SOURCES fuzz_json_scan.c LINKS cm::base)
