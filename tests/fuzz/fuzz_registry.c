/* SPDX-License-Identifier: Apache-2.0 */
/* A refusal is `schema` and says why; what has the shape has its word, id and
 * op within their limits. */
#include <stdlib.h>

#include "event/registry.h"

#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct registry r;
	struct diag d = { 0 };
	enum err e = registry_parse(&r, span_of(data, n), &d);

	if (e != ERR_OK) {
		if (e != ERR_SCHEMA || d.code != e || d.text[0] == '\0')
			abort();
		return 0;
	}
	if (strlen(r.id) < 1 || strlen(r.type_word) < 1 ||
	    r.type > REGISTRY_UNLISTED)
		abort();
	e = registry_check(&r, &d);
	if (e != ERR_OK && e != ERR_SCHEMA)
		abort();
	registry_clear(&r);
	return 0;
}
