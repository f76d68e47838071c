/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include "base/text.h"

#include "base/banned.h"

#define TIMEOUT_MS 30000
#define TIMEOUT_MAX_S 86400

/* ---- one word after the other ---- */
struct words {
	int argc, next;
	char **argv;
};

/* Splits `--name=value` or takes the next word as the value. */
static enum err
value_of(const char **value, struct words *w, const char *word, size_t name,
    struct diag *d)
{
	if (word[name] == '=') {
		*value = word + name + 1;
		return ERR_OK;
	}
	if (w->next >= w->argc)
		return diag_fail(
		    d, ERR_USAGE, "", "no value after %.60s", word);
	*value = w->argv[w->next++];
	return ERR_OK;
}

static enum err
take_global(struct cli_args *out, struct words *w, const char *word, bool *took,
    struct diag *d)
{
	size_t n = strcspn(word, "=");
	const char *value = NULL;
	uint64_t seconds;
	enum err e;
	bool timeout = n == 9 && strncmp(word, "--timeout", 9) == 0;

	*took = timeout || (n == 8 && strncmp(word, "--config", 8) == 0);
	if (!*took)
		return ERR_OK;
	if ((e = value_of(&value, w, word, n, d)) != ERR_OK)
		return e;
	if (!timeout) {
		out->config = value;
		return ERR_OK;
	}
	if (u64_parse(&seconds, span_str(value), TIMEOUT_MAX_S) != ERR_OK)
		return diag_fail(d, ERR_USAGE, "",
		    "--timeout %.40s: wanted seconds up to %d", value,
		    TIMEOUT_MAX_S);
	out->timeout_ms = (int64_t)seconds * 1000;
	return ERR_OK;
}

static const struct cli_option *
find_option(const struct cli_command *c, struct span name)
{
	for (const struct cli_option *o = c->options; o->name != NULL; o++) {
		if (span_is(name, o->name))
			return o;
	}
	return NULL;
}

static enum err
take_option(
    struct cli_args *out, struct words *w, const char *word, struct diag *d)
{
	size_t n = strcspn(word, "=");
	const struct cli_option *o =
	    find_option(out->command, span_of(word + 2, n - 2));
	const char *value = "";
	enum err e;

	if (o == NULL)
		return diag_fail(
		    d, ERR_USAGE, "", "unknown option %.60s", word);
	if (!o->repeat && cli_option(out, o->name) != NULL)
		return diag_fail(
		    d, ERR_USAGE, "", "--%s is there twice", o->name);
	if (o->value == NULL && word[n] == '=')
		return diag_fail(
		    d, ERR_USAGE, "", "--%s takes no value", o->name);
	if (o->value != NULL && (e = value_of(&value, w, word, n, d)) != ERR_OK)
		return e;
	if (out->count == CLI_OPTIONS)
		return diag_fail(
		    d, ERR_USAGE, "", "more than %d options", CLI_OPTIONS);
	out->given[out->count++] = (struct cli_given){ o, value };
	return ERR_OK;
}

/* ---- the command ---- */
static bool
fits(const struct cli_command *c, const struct words *w, const char *word)
{
	if (strcmp(c->words[0], word) != 0)
		return false;
	return c->words[1] == NULL ||
	       (w->next < w->argc &&
		   strcmp(c->words[1], w->argv[w->next]) == 0);
}

static enum err
take_command(struct cli_args *out, struct words *w, const char *word,
    const struct cli_command *commands, size_t n, struct diag *d)
{
	for (size_t i = 0; i < n; i++) {
		if (!fits(&commands[i], w, word))
			continue;
		out->command = &commands[i];
		w->next += commands[i].words[1] != NULL;
		return ERR_OK;
	}
	return diag_fail(d, ERR_USAGE, "", "unknown command %.60s %.60s", word,
	    w->next < w->argc ? w->argv[w->next] : "");
}

static enum err
take_positional(struct cli_args *out, const char *word, struct diag *d)
{
	if (out->command->positional == NULL || out->positional != NULL)
		return diag_fail(
		    d, ERR_USAGE, "", "one word too many: %.80s", word);
	out->positional = word;
	return ERR_OK;
}

bool
cli_needs_conf(const struct cli_args *a)
{
	const struct cli_command *c = a->command;

	bool outside = cli_option(a, "from-tiles") != NULL ||
		       cli_option(a, "monitor") != NULL;

	return !c->bare && !(outside && cli_option(a, "policy") != NULL) &&
	       cli_option(a, "key") == NULL;
}

static enum err
check_complete(const struct cli_args *a, struct diag *d)
{
	const struct cli_command *c = a->command;

	if (c == NULL)
		return diag_fail(d, ERR_USAGE, "", "no command");
	if (c->positional != NULL && a->positional == NULL)
		return diag_fail(d, ERR_USAGE, "", "%s %s: %s is missing",
		    c->words[0], c->words[1] != NULL ? c->words[1] : "",
		    c->positional);
	if (cli_needs_conf(a) && a->config == NULL)
		return diag_fail(d, ERR_USAGE, "", "--config FILE is missing");
	for (const struct cli_option *o = c->options; o->name != NULL; o++) {
		if (o->required && cli_option(a, o->name) == NULL)
			return diag_fail(
			    d, ERR_USAGE, "", "--%s is missing", o->name);
	}
	return ERR_OK;
}

enum err
cli_parse(struct cli_args *out, int argc, char **argv,
    const struct cli_command *commands, size_t n, struct diag *d)
{
	struct words w = { .argc = argc, .next = 1, .argv = argv };
	enum err e;

	*out = (struct cli_args){ .timeout_ms = TIMEOUT_MS };
	while (w.next < w.argc) {
		const char *word = w.argv[w.next++];
		bool took = false;

		if ((e = take_global(out, &w, word, &took, d)) != ERR_OK)
			return e;
		if (took)
			continue;
		if (out->command == NULL && strncmp(word, "--", 2) == 0)
			return diag_fail(
			    d, ERR_USAGE, "", "unknown option %.60s", word);
		if (out->command == NULL)
			e = take_command(out, &w, word, commands, n, d);
		else if (strncmp(word, "--", 2) == 0)
			e = take_option(out, &w, word, d);
		else
			e = take_positional(out, word, d);
		if (e != ERR_OK)
			return e;
	}
	return check_complete(out, d);
}

const char *
cli_option(const struct cli_args *a, const char *name)
{
	for (size_t i = 0; i < a->count; i++) {
		if (strcmp(a->given[i].option->name, name) == 0)
			return a->given[i].value;
	}
	return NULL;
}

static void
usage_option(struct buf *out, const struct cli_option *o)
{
	buf_printf(out, o->required ? " --%s" : " [--%s", o->name);
	if (o->value != NULL)
		buf_printf(out, " %s", o->value);
	buf_str(out, o->required ? "" : o->repeat ? "]..." : "]");
}

void
cli_usage(struct buf *out, const struct cli_command *commands, size_t n)
{
	buf_str(out,
	    "usage: countermark --config FILE [--timeout SECONDS] COMMAND\n"
	    "       countermark --check --config FILE | --example | --version "
	    "| --help\n");
	for (size_t i = 0; i < n; i++) {
		const struct cli_command *c = &commands[i];

		buf_printf(out, "  %s", c->words[0]);
		if (c->words[1] != NULL)
			buf_printf(out, " %s", c->words[1]);
		if (c->positional != NULL)
			buf_printf(out, " %s", c->positional);
		for (const struct cli_option *o = c->options; o->name != NULL;
		     o++)
			usage_option(out, o);
		buf_byte(out, '\n');
	}
}
