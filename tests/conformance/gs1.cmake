# SPDX-License-Identifier: Apache-2.0
cm_test(conformance.gs1 LABEL conformance
	SOURCES test_gs1_data.c tally.c tsv.c LINKS cm::gs1 cm::base
	ENVIRONMENT CM_CONFORMANCE_DIR=${CM_CONFORMANCE_DIR})
cm_test(conformance.gs1_write LABEL conformance
	SOURCES test_gs1_write.c tally.c tsv.c LINKS cm::gs1 cm::base
	ENVIRONMENT CM_CONFORMANCE_DIR=${CM_CONFORMANCE_DIR})
