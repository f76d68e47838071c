/* SPDX-License-Identifier: Apache-2.0 */
/* Policies: who may issue them, and which of them speaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "provenance/rights.h"

#include "roster_world.h"

#include "base/banned.h"

/* The policy of an id and organisation. */
#define SET(id, org, word, rest)                                               \
	"{\"type\":\"policy\",\"id\":\"" id "\",\"op\":\"set\",\"from\":1,"    \
	"\"organisation\":\"" org "\",\"visibility\":\"" word "\"" rest "}"
#define OP(id, op)                                                             \
	"{\"type\":\"policy\",\"id\":\"" id "\",\"op\":\"" op "\",\"from\":1}"
#define STEPS(list) ",\"bizSteps\":[" list "]"
#define OF_GTIN ",\"gtin\":\"" GTIN "\""
#define PREFIX(p) ",\"prefix\":\"" p "\""

static void
does(struct world *w, unsigned signer, const char *payload)
{
	if (say(w, signer, "%s", payload) != ERR_OK)
		fail_msg("%s: %s", payload, w->d.text);
}

static void
is_forbidden(struct world *w, unsigned signer, const char *payload)
{
	assert_int_equal(say(w, signer, "%s", payload), ERR_FORBIDDEN);
}

static enum visibility
seen(const struct world *w, const char *org, const char *gtin, const char *step)
{
	return roster_visibility(w->roster, org, gtin, span_str(step));
}

static void
a_policy_is_set_and_ends(void **state)
{
	struct world *w = world_begin(state);

	assert_false(roster_has_policy(w->roster));
	assert_int_equal(seen(w, "x", GTIN, "shipping"), VISIBILITY_PARTIES);
	does(w, K_AUTHORITY, SET("x", "x", "brand", ""));
	assert_true(roster_has_policy(w->roster));
	assert_int_equal(seen(w, "x", GTIN, "shipping"), VISIBILITY_BRAND);
	assert_int_equal(seen(w, "x", "", ""), VISIBILITY_BRAND);
	assert_int_equal(seen(w, "y", GTIN, "shipping"), VISIBILITY_PARTIES);
	does(w, K_AUTHORITY, SET("x", "x", "public", ""));
	assert_int_equal(seen(w, "x", GTIN, ""), VISIBILITY_PUBLIC);
	does(w, K_AUTHORITY, OP("x", "end"));
	does(w, K_AUTHORITY, OP("x", "end"));
	assert_false(roster_has_policy(w->roster));
	assert_int_equal(seen(w, "x", GTIN, ""), VISIBILITY_PARTIES);
	does(w, K_AUTHORITY, SET("x", "x", "authority", ""));
	assert_int_equal(seen(w, "x", GTIN, ""), VISIBILITY_AUTHORITY);
}

static void
only_the_organisation_itself_issues_it(void **state)
{
	struct world *w = world_begin(state);

	/* a device of x, but no key for it */
	is_forbidden(w, K_A, SET("x", "x", "public", ""));
	assert_int_equal(
	    say(w, K_AUTHORITY,
		"{\"type\":\"organisation\",\"id\":\"x\",\"op\":\"set\","
		"\"from\":1,\"name\":\"x\",\"did\":\"d\",\"keys\":[{"
		"\"key\":\"%s\",\"may\":[\"policy\"]}]}",
		dids[K_A]),
	    ERR_OK);
	does(w, K_A, SET("x", "x", "brand", ""));
	does(w, K_A, SET("x/dock", "x", "public", STEPS("\"shipping\"")));
	/* not for another, and no other ends or takes over what is not his */
	is_forbidden(w, K_A, SET("y", "y", "public", ""));
	does(w, K_AUTHORITY, SET("y/z", "y", "brand", ""));
	is_forbidden(w, K_A, OP("y/z", "end"));
	is_forbidden(w, K_A, SET("y/z", "y", "public", ""));
	assert_int_equal(seen(w, "y", "", ""), VISIBILITY_BRAND);
	assert_int_equal(
	    say(w, K_A, "%s", SET("y/z", "x", "public", "")), ERR_SCHEMA);
	assert_int_equal(seen(w, "y", "", ""), VISIBILITY_BRAND);
	does(w, K_A, OP("x", "end"));
	assert_int_equal(seen(w, "x", "", ""), VISIBILITY_PARTIES);
	is_forbidden(w, K_SERVICE, OP("x/dock", "end"));
	assert_int_equal(seen(w, "x", "", "shipping"), VISIBILITY_PUBLIC);
}

static void
a_delegate_issues_it_for_all(void **state)
{
	struct world *w = world_begin(state);

	assert_int_equal(say(w, K_AUTHORITY,
			     "{\"type\":\"delegation\",\"id\":\"%s\",\"op\":"
			     "\"set\",\"from\":1,\"key\":\"%s\",\"may\":["
			     "\"policy\"]}",
			     dids[K_A], dids[K_A]),
	    ERR_OK);
	does(w, K_A, SET("y", "y", "brand", ""));
	assert_int_equal(seen(w, "y", "", ""), VISIBILITY_BRAND);
}

static void
what_is_not_there_cannot_end(void **state)
{
	struct world *w = world_begin(state);

	is_forbidden(w, K_AUTHORITY, OP("x", "end"));
	does(w, K_AUTHORITY, SET("x", "x", "brand", ""));
	is_forbidden(w, K_AUTHORITY, OP("x", "suspend"));
	is_forbidden(w, K_AUTHORITY, OP("x/other", "end"));
	assert_int_equal(seen(w, "x", "", ""), VISIBILITY_BRAND);
	/* z is not registered */
	is_forbidden(w, K_AUTHORITY, SET("z", "z", "brand", ""));
	assert_int_equal(seen(w, "z", "", ""), VISIBILITY_PARTIES);
}

/* formats 1.7: the GTIN, the longer prefix, a bizStep, the newest. */
static void
the_most_specific_speaks(void **state)
{
	struct world *w = world_begin(state);

	does(w, K_AUTHORITY, SET("x/gtin", "x", "public", OF_GTIN));
	does(w, K_AUTHORITY, SET("x/long", "x", "authority", PREFIX("950600")));
	does(w, K_AUTHORITY, SET("x/short", "x", "brand", PREFIX("9506")));
	does(w, K_AUTHORITY,
	    SET("x/step", "x", "public",
		STEPS("\"https://ref.gs1.org/cbv/BizStep-shipping\","
		      "\"https://a.example/mend\"")));
	does(w, K_AUTHORITY, SET("x", "x", "brand", ""));
	assert_int_equal(seen(w, "x", GTIN, "shipping"), VISIBILITY_PUBLIC);
	assert_int_equal(
	    seen(w, "x", "09506009999999", "shipping"), VISIBILITY_AUTHORITY);
	assert_int_equal(
	    seen(w, "x", "19506009999999", "shipping"), VISIBILITY_AUTHORITY);
	assert_int_equal(
	    seen(w, "x", "09506999999999", "shipping"), VISIBILITY_BRAND);
	assert_int_equal(
	    seen(w, "x", "09999999999999", "shipping"), VISIBILITY_PUBLIC);
	assert_int_equal(seen(w, "x", "", "shipping"), VISIBILITY_PUBLIC);
	assert_int_equal(
	    seen(w, "x", "", "https://a.example/mend"), VISIBILITY_PUBLIC);
	assert_int_equal(seen(w, "x", "", "receiving"), VISIBILITY_BRAND);
	/* of two alike the newest, and again the other when it ends */
	does(w, K_AUTHORITY, SET("x/gtin-2", "x", "brand", OF_GTIN));
	assert_int_equal(seen(w, "x", GTIN, "packing"), VISIBILITY_BRAND);
	does(w, K_AUTHORITY, SET("x/gtin", "x", "authority", OF_GTIN));
	assert_int_equal(seen(w, "x", GTIN, "packing"), VISIBILITY_AUTHORITY);
	does(w, K_AUTHORITY,
	    SET("x/gtin-2", "x", "parties", OF_GTIN STEPS("\"packing\"")));
	assert_int_equal(seen(w, "x", GTIN, "packing"), VISIBILITY_PARTIES);
	assert_int_equal(seen(w, "x", GTIN, "shipping"), VISIBILITY_AUTHORITY);
	does(w, K_AUTHORITY, OP("x/gtin", "end"));
	assert_int_equal(seen(w, "x", GTIN, "shipping"), VISIBILITY_AUTHORITY);
	does(w, K_AUTHORITY, OP("x/long", "end"));
	assert_int_equal(seen(w, "x", GTIN, "shipping"), VISIBILITY_BRAND);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_policy_is_set_and_ends),
		CASE(only_the_organisation_itself_issues_it),
		CASE(a_delegate_issues_it_for_all),
		CASE(what_is_not_there_cannot_end),
		CASE(the_most_specific_speaks),
	};

	return cmocka_run_group_tests(tests, world_keys, NULL);
}
