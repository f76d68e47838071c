# SPDX-License-Identifier: Apache-2.0
cm_test(conformance.event_hash LABEL conformance
	SOURCES test_event_hash.c tsv.c LINKS cm::event cm::base
	ENVIRONMENT CM_CONFORMANCE_DIR=${CM_CONFORMANCE_DIR})
