/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/json_scan.h"
#include "ledger/bundle.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* The log and the witnesses of tests/vectors/bundle. */
static const char text[] =
    "log "
    "log.example/goods+6428f323+AaL6L0o1W6LpB6UwCenjfK3fesfmagi6B2MfVTBys/JM\n"
    "witness plain "
    "witness.example/a+0df83cc3+BLtcZySCsNzKkaIaTtY7Fa/eiqE3jacs0Bs0lYnW591q\n"
    "witness map "
    "witness.example/map+fd16defd+BFE1I8i0gxm2SdfU1OYTIy/"
    "ZwT9BAp1LxfdNbs65Gv6f\n"
    "witness late "
    "late.example+5efc13cc+BHOApLKNC0m0bnyh5DaZScjrcz/5C2mzUw1+g/BzkAl5\n"
    "group both all plain map\n"
    "quorum both\n";

static struct policy *policy;

/* What is proven was judged and nothing failed; what failed says why; both
 * print as JSON that the strict reader takes. */
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct json_node nodes[64];
	struct json_doc doc = { .nodes = nodes, .capacity = 64 };
	struct bundle_result r;
	struct buf json = buf_heap(8192);

	if (policy == NULL &&
	    (crypto_start() != ERR_OK ||
		policy_parse(&policy, span_str(text), NULL) != ERR_OK))
		abort();
	if (bundle_verify(&r, span_of(p, n), policy) != ERR_OK)
		abort();
	if (r.outcome != BUNDLE_NOT_PROVEN &&
	    (r.failed || r.withheld || !r.judged || r.as_of == 0))
		abort();
	if (r.failed && (r.map_witnessed || r.detail[0] == '\0'))
		abort();
	if (bundle_result_json(&json, &r) != ERR_OK ||
	    json_scan(&doc, buf_span(&json), 4, NULL) != ERR_OK)
		abort();
	buf_free(&json);
	return 0;
}
