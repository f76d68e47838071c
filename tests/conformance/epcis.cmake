# SPDX-License-Identifier: Apache-2.0
cm_test(conformance.epcis LABEL conformance
	SOURCES test_epcis_data.c tsv.c LINKS cm::event cm::base
	ENVIRONMENT CM_CONFORMANCE_DIR=${CM_CONFORMANCE_DIR})
