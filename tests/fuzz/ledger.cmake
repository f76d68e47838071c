# SPDX-License-Identifier: Apache-2.0
cm_fuzz(note SOURCES fuzz_note.c LINKS cm::ledger cm::base)
cm_fuzz(logtext SOURCES fuzz_logtext.c LINKS cm::ledger cm::base)
cm_fuzz(policy SOURCES fuzz_policy.c LINKS cm::ledger cm::base)
cm_fuzz(bundle SOURCES fuzz_bundle.c LINKS cm::ledger cm::base)
cm_fuzz(import SOURCES fuzz_import.c LINKS cm::handover)
cm_fuzz(search SOURCES fuzz_search.c LINKS cm::store)
cm_fuzz(map SOURCES fuzz_map.c LINKS cm::ledger cm::base)
cm_fuzz(follow SOURCES fuzz_follow.c LINKS cm::follow)
