# SPDX-License-Identifier: Apache-2.0
cm_fuzz(target SOURCES fuzz_target.c LINKS cm::api)
cm_fuzz(epcis_query SOURCES fuzz_epcis_query.c LINKS cm::api)
cm_fuzz(epcis_same SOURCES fuzz_epcis_same.c LINKS cm::api)
cm_fuzz(epcis_body SOURCES fuzz_epcis_body.c LINKS cm::api)
cm_fuzz(link SOURCES fuzz_link.c LINKS cm::api cm::store)
