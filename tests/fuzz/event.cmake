# SPDX-License-Identifier: Apache-2.0
cm_fuzz(cbor SOURCES fuzz_cbor.c LINKS cm::event)
cm_fuzz(statement SOURCES fuzz_statement.c LINKS cm::event)
cm_fuzz(receipt SOURCES fuzz_receipt.c LINKS cm::event)
cm_fuzz(registry SOURCES fuzz_registry.c LINKS cm::event)
cm_fuzz(epcis_hash SOURCES fuzz_epcis_hash.c LINKS cm::event cm::base)
