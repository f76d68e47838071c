# SPDX-License-Identifier: Apache-2.0
cm_test(conformance.tlog LABEL conformance SOURCES test_tlog.c
	LINKS cm::ledger cm::base ARGS ${CM_CONFORMANCE_DIR}/tlog)
