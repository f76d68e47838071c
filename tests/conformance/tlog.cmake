# SPDX-License-Identifier: Apache-2.0
cm_test(conformance.tlog LABEL conformance SOURCES test_tlog.c
	LINKS cm::ledger cm::base ARGS ${CM_CONFORMANCE_DIR}/tlog)
cm_test(conformance.tlog_map LABEL conformance SOURCES test_tlog_map.c
	LINKS ledger_naivemap cm::base
	ARGS ${CM_CONFORMANCE_DIR}/tlog/mpt-vectors.json)
cm_test(conformance.tlog_follow LABEL conformance SOURCES test_tlog_follow.c
	LINKS cm::follow ARGS ${CM_CONFORMANCE_DIR}/tlog)
