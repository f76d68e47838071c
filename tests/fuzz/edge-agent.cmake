# SPDX-License-Identifier: Apache-2.0
cm_fuzz(gateway_proto SOURCES fuzz_gateway_proto.c LINKS cm::edge)
cm_fuzz(csv SOURCES fuzz_csv.c LINKS cm::edge)
cm_fuzz(outbox_move SOURCES fuzz_outbox_move.c LINKS cm::edge)
