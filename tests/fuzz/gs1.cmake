# SPDX-License-Identifier: Apache-2.0
cm_fuzz(gs1 SOURCES fuzz_gs1.c LINKS cm::gs1 cm::base)
cm_fuzz(epcis SOURCES fuzz_epcis.c LINKS cm::event cm::gs1 cm::base)
cm_fuzz(touch SOURCES fuzz_touch.c LINKS cm::event cm::base)
cm_fuzz(epc SOURCES fuzz_epc.c LINKS cm::gs1 cm::base)
cm_fuzz(gcp SOURCES fuzz_gcp.c LINKS cm::gs1 cm::base)
