/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "ledger/policy.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* A policy as read, and the first half of the input as its note. More
 * witnesses never undo a quorum. */
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	bool got[POLICY_WITNESSES] = { false };
	struct policy_opened opened;
	struct policy *policy;
	struct diag d;
	bool before = false;

	if (policy_parse(&policy, span_of(p, n), &d) != ERR_OK)
		return 0;
	for (size_t i = 0; i < policy_witness_count(policy); i++) {
		bool now = policy_quorum(policy, got);

		if (before && !now)
			abort();
		before = now;
		got[i] = true;
	}
	if (!policy_quorum(policy, got))
		abort();
	(void)policy_map_witnessed(policy);
	if (policy_open(&opened, policy, span_of(p, n / 2), &d) == ERR_OK)
		abort(); /* nobody can have signed it */
	policy_free(policy);
	return 0;
}
