/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_EPCIS_QUERY_INTERNAL_H
#define API_EPCIS_QUERY_INTERNAL_H

#include "epcis_query.h"

/* epcis_query*.c share these; nobody else includes this file. */

/* What the values of a parameter may be in JSON; in a target all are text. */
enum epcis_shape {
	SHAPE_TEXTS,   /* strings, an array of them or one */
	SHAPE_TEXT,    /* one string */
	SHAPE_NUMBERS, /* numbers, an array of them or one */
	SHAPE_NUMBER,  /* one number */
	SHAPE_FLAG,    /* true, false, 1, null, "" */
};

/* One parameter at work. Its values stand behind those that q keeps already:
 * epcis_query_given(). */
struct epcis_param {
	struct epcis_query *q;
	struct epcis_fault *f;
	const struct epcis_rule *rule;
	struct span name;
	struct span rest;    /* what follows the rule's name: a type, a unit */
	enum json_type type; /* of each value; JSON_STRING from a target */
	bool target;
	size_t n;
};

struct epcis_rule {
	const char *name;
	enum epcis_shape shape;
	bool open;    /* the name goes on: a type, a unit */
	bool request; /* of a request, not of a query */
	enum query_field field;
	enum query_op op;
	enum err (*take)(struct epcis_param *p);
	int arg; /* of take: a word list, … */
	const char *wanted;
};

struct span *epcis_query_given(struct epcis_param *p);

/* ERR_SYNTAX with the fault filled. */
enum err epcis_query_bad(struct epcis_param *p, const char *fmt, ...)
    CM_PRINTF(2, 3);
enum err epcis_query_too_complex(struct epcis_param *p, const char *what);

/* epcis_query_take.c: from values to a condition. */
enum err epcis_take_types(struct epcis_param *p);
enum err epcis_take_actions(struct epcis_param *p);
enum err epcis_take_words(struct epcis_param *p); /* arg: enum cbv_list */
enum err epcis_take_uris(struct epcis_param *p);  /* as they are */
enum err epcis_take_identifiers(struct epcis_param *p);
enum err epcis_take_epcs(struct epcis_param *p);  /* patterns too */
enum err epcis_take_typed(struct epcis_param *p); /* arg: enum cbv_list */
enum err epcis_take_time(struct epcis_param *p);
enum err epcis_take_exists(struct epcis_param *p);
enum err epcis_take_quantity(struct epcis_param *p);

#endif
