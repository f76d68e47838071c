# SPDX-License-Identifier: Apache-2.0
cm_test(conformance.tds LABEL conformance
	SOURCES test_tds_data.c tsv.c LINKS cm::gs1 cm::base
	ENVIRONMENT CM_CONFORMANCE_DIR=${CM_CONFORMANCE_DIR})
