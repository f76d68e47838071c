/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <stdlib.h>

#include "base/text.h"
#include "gs1/gs1.h"
#include "ledger/link.h"

#include "base/banned.h"

/* The path of a Digital Link, or what stands for one: `01/G/21/S`. */
static struct span
path_of(const char *text)
{
	const char *host = strstr(text, "://");
	const char *slash = host == NULL ? NULL : strchr(host + 3, '/');

	return span_str(slash == NULL ? text : slash);
}

/* All values of a repeated option, between blanks. */
static void
words(struct buf *out, struct cli *c, const char *name)
{
	for (size_t i = 0; i < c->args.count; i++) {
		const struct cli_given *g = &c->args.given[i];

		if (strcmp(g->option->name, name) != 0)
			continue;
		if (out->n > 0)
			buf_byte(out, ' ');
		buf_str(out, g->value);
	}
}

static struct span
option(struct cli *c, const char *name)
{
	const char *value = cli_option(&c->args, name);

	return value == NULL ? SPAN_NONE : span_str(value);
}

static enum err
open_log(struct cli_log **out, struct cli *c)
{
	*out = calloc(1, sizeof **out);
	if (*out == NULL)
		return diag_fail(&c->d, ERR_NOMEM, "", "out of memory");
	return cli_log_open(*out, c);
}

static void
close_log(struct cli_log *l)
{
	if (l != NULL)
		store_close(l->store);
	free(l);
}

enum err
cli_link_add(struct cli *c)
{
	char type[LINK_TYPE + 64], languages[LINK_WORDS], contexts[LINK_WORDS];
	struct buf t = buf_fixed(type, sizeof type);
	struct buf lang = buf_fixed(languages, sizeof languages);
	struct buf ctx = buf_fixed(contexts, sizeof contexts);
	struct link_levels levels;
	struct link l = { .href = option(c, "href"),
		.title = option(c, "title"),
		.media = option(c, "media"),
		.is_default = cli_option(&c->args, "default") != NULL };
	struct cli_log *log = NULL;
	int64_t number;
	enum err e;

	if ((e = link_levels(&levels, path_of(c->args.positional), &c->d)) !=
	    ERR_OK)
		goto out;
	words(&lang, c, "lang");
	words(&ctx, c, "context");
	if (link_type(&t, option(c, "type")) != ERR_OK) {
		e = diag_fail(&c->d, ERR_USAGE, "gs1 12",
		    "--type %.60s: wanted gs1:NAME or a URI",
		    cli_option(&c->args, "type"));
		goto out;
	}
	if (buf_error(&lang) != ERR_OK || buf_error(&ctx) != ERR_OK) {
		e = diag_fail(&c->d, ERR_USAGE, "",
		    "--lang or --context: more than %d bytes", LINK_WORDS);
		goto out;
	}
	l.key = span_str(levels.key[0]);
	l.type = buf_span(&t);
	l.languages = buf_span(&lang);
	l.contexts = buf_span(&ctx);
	if ((e = link_check(&l, &c->d)) == ERR_OK &&
	    (e = open_log(&log, c)) == ERR_OK)
		e = store_link_add(log->store, &l, &number, &c->d);
	if (e == ERR_OK) {
		json_out_int(&c->json, "link", number);
		json_out_string(&c->json, "key", l.key);
	}
out:
	close_log(log);
	return e;
}

static enum err
print_link(void *ctx, const struct link *l)
{
	struct json_out *o = ctx;

	json_out_object(o, NULL);
	json_out_int(o, "link", l->number);
	json_out_string(o, "key", l->key);
	json_out_string(o, "type", l->type);
	json_out_string(o, "href", l->href);
	json_out_string(o, "title", l->title);
	json_out_string(o, "media", l->media);
	json_out_string(o, "languages", l->languages);
	json_out_string(o, "contexts", l->contexts);
	json_out_bool(o, "default", l->is_default);
	json_out_end_object(o);
	return ERR_OK;
}

enum err
cli_link_list(struct cli *c)
{
	struct cli_log *log = NULL;
	enum err e = open_log(&log, c);

	if (e == ERR_OK) {
		json_out_array(&c->json, "links");
		e = store_link_list(log->store, print_link, &c->json, &c->d);
		json_out_end_array(&c->json);
	}
	close_log(log);
	return e;
}

enum err
cli_link_remove(struct cli *c)
{
	struct cli_log *log = NULL;
	uint64_t number;
	enum err e =
	    u64_parse(&number, span_str(c->args.positional), INT64_MAX);

	if (e != ERR_OK)
		return diag_fail(&c->d, ERR_USAGE, "",
		    "link %.40s: wanted the number that link list shows",
		    c->args.positional);
	if ((e = open_log(&log, c)) == ERR_OK)
		e = store_link_remove(log->store, (int64_t)number, &c->d);
	if (e == ERR_NOT_FOUND)
		e = diag_fail(
		    &c->d, e, "", "link %s: there is none", c->args.positional);
	if (e == ERR_OK)
		json_out_int(&c->json, "removed", (int64_t)number);
	close_log(log);
	return e;
}
