/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "gs1/gcp.h"

#include "base/banned.h"

/*
 * Any text as a list of prefix lengths: refused with a reason, or a list that
 * answers 6 to 12 digits or nothing for keys of each kind.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char *const keys[] = {
	"(01)09506000134352",
	"(00)106141412345678908",
	"(414)9506000134352",
	"(8003)09506000134352S",
	"(8004)9506A",
	"(8006)095060001343520102",
	"(8018)401234598765400000",
};

static void
check(bool good)
{
	if (!good)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct gs1_code code;
	struct diag d = { 0 };
	struct gcp *g;
	enum err e = gcp_parse(&g, span_of(data, n), &d);

	if (e != ERR_OK) {
		check(g == NULL && (d.code == e || e == ERR_NOMEM));
		return 0;
	}
	check(gcp_entries(g) <= n);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		unsigned digits;

		check(gs1_read(&code, span_str(keys[i]), NULL) == ERR_OK);
		e = gcp_length(&digits, g, &code, &d);
		if (e == ERR_OK)
			check(digits >= 6 && digits <= 12);
		else
			check(e == ERR_GCP_UNKNOWN && digits == 0);
	}
	gcp_free(g);
	return 0;
}
