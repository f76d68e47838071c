/* SPDX-License-Identifier: Apache-2.0 */
#include "base/conf.h"

#include <assert.h>
#include <stdlib.h>

#include <ini.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"

#include "base/banned.h"

#define LINE_BYTES 1000
#define FILE_BYTES 1048576
#define SECTION_BYTES 96 /* of "section name" */
#define ITEMS_MAX 4096
#define NAMES_MAX 512

struct item {
	const struct conf_key *key;
	char *name; /* of its section, "" for an unnamed one */
	char *value;
};

/* A [section name] in file order, present even without keys. */
struct name {
	char *section;
	char *name;
};

struct conf {
	const struct conf_key *keys;
	size_t key_count;
	struct item *items;
	size_t item_count;
	struct name *names;
	size_t name_count;
};

/* A file being read. The library behind cuts section names at 49 bytes, tells
 * no line number and goes on after errors, so all three are ours. */
struct load {
	struct conf *conf;
	const char *path;
	struct span rest; /* lines not read yet */
	unsigned line;
	char section[SECTION_BYTES]; /* "" before the first */
	char name[SECTION_BYTES];
	enum err failed;
	struct diag *d;
};

/* ERR_CONFIG with file and line in front of what was found. */
static enum err
bad_line(struct load *l, const char *what, const char *detail)
{
	l->failed = diag_fail(l->d, ERR_CONFIG, "", "%s:%u: %s%s%s", l->path,
	    l->line, what, *detail != '\0' ? " " : "", detail);
	return l->failed;
}

static enum err
no_memory(struct load *l)
{
	l->failed = diag_fail(l->d, ERR_NOMEM, "", "%s: no memory", l->path);
	return l->failed;
}

static const struct conf_key *
find_key(const struct conf *c, const char *section, const char *key, bool named)
{
	for (size_t i = 0; i < c->key_count; i++) {
		const struct conf_key *k = &c->keys[i];
		if (k->named == named && strcmp(k->section, section) == 0 &&
		    (key == NULL || strcmp(k->key, key) == 0))
			return k;
	}
	return NULL;
}

static const struct item *
find_item(const struct conf *c, const struct conf_key *key, const char *name)
{
	for (size_t i = 0; i < c->item_count; i++) {
		const struct item *it = &c->items[i];
		if (it->key == key && strcmp(it->name, name) == 0)
			return it;
	}
	return NULL;
}

static bool
parse_int(int64_t *out, const char *text)
{
	struct span s = span_str(text);
	bool minus = s.n > 0 && s.p[0] == '-';
	uint64_t v;

	if (u64_parse(&v, minus ? span_skip(s, 1) : s, INT64_MAX) != ERR_OK)
		return false;
	*out = minus ? -(int64_t)v : (int64_t)v;
	return true;
}

static bool
parse_bool(bool *out, const char *text)
{
	static const char *const yes[] = { "yes", "true", "on", "1" };
	static const char *const no[] = { "no", "false", "off", "0" };

	for (size_t i = 0; i < 4; i++) {
		if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
			*out = strcmp(text, yes[i]) == 0;
			return true;
		}
	}
	return false;
}

/* Is text one of "a|b|c"? */
static bool
is_choice(const char *choices, const char *text)
{
	size_t n = strlen(text);

	for (const char *p = choices; p != NULL;) {
		const char *bar = strchr(p, '|');
		size_t len = bar != NULL ? (size_t)(bar - p) : strlen(p);
		if (len == n && n > 0 && memcmp(p, text, n) == 0)
			return true;
		p = bar != NULL ? bar + 1 : NULL;
	}
	return false;
}

static enum err
check_value(struct load *l, const struct conf_key *k, const char *value)
{
	int64_t v;
	bool b;

	switch (k->type) {
	case CONF_TEXT:
		return ERR_OK;
	case CONF_PATH:
		return *value != '\0' ? ERR_OK
				      : bad_line(l, "empty path for", k->key);
	case CONF_INT:
		if (parse_int(&v, value) && v >= k->min && v <= k->max)
			return ERR_OK;
		l->failed = diag_fail(l->d, ERR_CONFIG, "",
		    "%s:%u: %s: got \"%.40s\", wanted a number from %lld to "
		    "%lld",
		    l->path, l->line, k->key, value, (long long)k->min,
		    (long long)k->max);
		return l->failed;
	case CONF_BOOL:
		return parse_bool(&b, value)
			   ? ERR_OK
			   : bad_line(l, "wanted yes or no for", k->key);
	case CONF_CHOICE:
		if (is_choice(k->choices, value))
			return ERR_OK;
		l->failed = diag_fail(l->d, ERR_CONFIG, "",
		    "%s:%u: %s: got \"%.40s\", wanted %s", l->path, l->line,
		    k->key, value, k->choices);
		return l->failed;
	}
	return ERR_CONFIG;
}

static enum err
add_item(struct load *l, const struct conf_key *k, const char *value)
{
	struct conf *c = l->conf;
	struct item *it = &c->items[c->item_count];

	if (c->item_count == ITEMS_MAX)
		return bad_line(l, "more keys than the limit allows", "");
	it->key = k;
	it->name = strdup(l->name);
	it->value = strdup(value);
	c->item_count++;
	return it->name != NULL && it->value != NULL ? ERR_OK : no_memory(l);
}

/* The library's callback: 1 goes on. Its section is cut, so ours is used. */
static int
on_key(void *user, const char *section, const char *key, const char *value)
{
	struct load *l = user;

	(void)section;
	if (l->failed != ERR_OK)
		return 0;
	if (l->section[0] == '\0') {
		(void)bad_line(l, "key outside a section:", key);
		return 0;
	}
	const struct conf_key *k =
	    find_key(l->conf, l->section, key, l->name[0] != '\0');
	if (k == NULL) {
		(void)bad_line(l, "unknown key", key);
		return 0;
	}
	if (find_item(l->conf, k, l->name) != NULL) {
		(void)bad_line(l, "repeated key", key);
		return 0;
	}
	if (check_value(l, k, value) != ERR_OK)
		return 0;
	return add_item(l, k, value) == ERR_OK;
}

static enum err
add_name(struct load *l)
{
	struct conf *c = l->conf;
	struct name *n = &c->names[c->name_count];

	if (c->name_count == NAMES_MAX)
		return bad_line(l, "more sections than the limit allows", "");
	for (size_t i = 0; i < c->name_count; i++) {
		if (strcmp(c->names[i].section, l->section) == 0 &&
		    strcmp(c->names[i].name, l->name) == 0)
			return bad_line(l, "repeated section", l->section);
	}
	n->section = strdup(l->section);
	n->name = strdup(l->name);
	c->name_count++;
	return n->section != NULL && n->name != NULL ? ERR_OK : no_memory(l);
}

static void
copy_text(char out[SECTION_BYTES], struct span s)
{
	memcpy(out, s.p, s.n);
	out[s.n] = '\0';
}

/* "[section]" or "[section name]", nothing behind. */
static enum err
take_section(struct load *l, struct span line)
{
	while (line.n > 0 && strchr(" \t\r", line.p[line.n - 1]) != NULL)
		line.n--;
	if (line.n < 3 || line.p[line.n - 1] != ']' || line.n > SECTION_BYTES)
		return bad_line(l, "wanted [section] or [section name]", "");
	struct span all = span_of(line.p + 1, line.n - 2);
	const uint8_t *blank = memchr(all.p, ' ', all.n);
	struct span head =
	    span_of(all.p, blank != NULL ? (size_t)(blank - all.p) : all.n);
	struct span tail = span_skip(all, head.n + (blank != NULL ? 1 : 0));
	if (head.n == 0 || (blank != NULL && tail.n == 0) ||
	    memchr(tail.p, ' ', tail.n) != NULL)
		return bad_line(l, "wanted [section] or [section name]", "");
	copy_text(l->section, head);
	copy_text(l->name, tail);
	if (find_key(l->conf, l->section, NULL, tail.n > 0) != NULL)
		return add_name(l);
	bool other = find_key(l->conf, l->section, NULL, tail.n == 0) != NULL;
	return bad_line(l,
	    !other       ? "unknown section"
	    : tail.n > 0 ? "section takes no name:"
			 : "section needs a name:",
	    l->section);
}

static enum err
check_line(struct load *l, struct span line)
{
	if (line.n > LINE_BYTES)
		return bad_line(l, "line over 1000 bytes", "");
	if (memchr(line.p, 0, line.n) != NULL || !utf8_valid(line))
		return bad_line(l, "line is no UTF-8 text", "");
	size_t i = 0;
	while (i < line.n && strchr(" \t\r", line.p[i]) != NULL)
		i++;
	if (i == line.n || line.p[0] == '#' || line.p[0] == ';')
		return ERR_OK;
	if (i > 0)
		return bad_line(l, "indented line", "");
	if (line.p[0] == '[')
		return take_section(l, line);
	/* The library would take a colon for an equals sign. */
	const uint8_t *equals = memchr(line.p, '=', line.n);
	const uint8_t *colon = memchr(line.p, ':', line.n);
	if (equals == NULL || equals == line.p ||
	    (colon != NULL && colon < equals))
		return bad_line(l, "wanted key = value", "");
	return ERR_OK;
}

/* The library's reader: one checked line with its LF, NULL at the end. */
static char *
next_line(char *out, int cap, void *user)
{
	struct load *l = user;

	if (l->failed != ERR_OK || l->rest.n == 0)
		return NULL;
	const uint8_t *lf = memchr(l->rest.p, '\n', l->rest.n);
	size_t n = lf != NULL ? (size_t)(lf - l->rest.p) : l->rest.n;
	struct span line = span_of(l->rest.p, n);
	l->rest = span_skip(l->rest, n + (lf != NULL ? 1 : 0));
	l->line++;
	if (check_line(l, line) != ERR_OK)
		return NULL;
	if (cap < 2 || n > (size_t)cap - 2) {
		(void)bad_line(l, "line too long for the INI library", "");
		return NULL;
	}
	/* A section line is done already; the library must not cut it. */
	if (n > 0 && line.p[0] == '[')
		line = span_str("[section]");
	memcpy(out, line.p, line.n);
	out[line.n] = '\n';
	out[line.n + 1] = '\0';
	return out;
}

static enum err
check_required(struct load *l, const struct conf_key *k)
{
	const struct conf *c = l->conf;

	if (!k->named)
		return find_item(c, k, "") != NULL
			   ? ERR_OK
			   : diag_fail(l->d, ERR_CONFIG, "",
				 "%s: missing key %s in [%s]", l->path, k->key,
				 k->section);
	for (size_t i = 0; i < c->name_count; i++) {
		const struct name *n = &c->names[i];
		if (strcmp(n->section, k->section) == 0 && n->name[0] != '\0' &&
		    find_item(c, k, n->name) == NULL)
			return diag_fail(l->d, ERR_CONFIG, "",
			    "%s: missing key %s in [%s %s]", l->path, k->key,
			    k->section, n->name);
	}
	return ERR_OK;
}

static enum err
parse_file(struct load *l)
{
	/* Run-time switches of Debian's build; always the same values. */
	ini_use_stack = false;
	ini_max_line = LINE_BYTES + 2;
	ini_initial_alloc = LINE_BYTES + 2;
	ini_allow_multiline = false;
	ini_allow_inline_comments = false;
	ini_allow_bom = false;
	int line = ini_parse_stream(next_line, l, on_key, l);
	if (l->failed != ERR_OK)
		return l->failed;
	if (line != 0)
		return bad_line(l, "wanted key = value", "");
	for (size_t i = 0; i < l->conf->key_count; i++) {
		if (!l->conf->keys[i].required)
			continue;
		enum err e = check_required(l, &l->conf->keys[i]);
		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

static struct conf *
conf_new(const struct conf_key *keys, size_t n)
{
	struct conf *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	c->keys = keys;
	c->key_count = n;
	c->items = calloc(ITEMS_MAX, sizeof *c->items);
	c->names = calloc(NAMES_MAX, sizeof *c->names);
	if (c->items == NULL || c->names == NULL) {
		conf_free(c);
		return NULL;
	}
	return c;
}

enum err
conf_load(struct conf **out, const char *path, const struct conf_key *keys,
    size_t n, struct diag *d)
{
	struct buf text = buf_heap(FILE_BYTES);
	struct load l = { .path = path, .d = d };

	if (path == NULL)
		return diag_fail(d, ERR_CONFIG, "",
		    "no configuration: wanted "
		    "--config FILE");
	enum err e = file_read(&text, path, FILE_BYTES, d);
	if (e == ERR_TOO_LARGE)
		e = ERR_CONFIG;
	if (e != ERR_OK)
		goto out;
	l.rest = buf_span(&text);
	l.conf = conf_new(keys, n);
	e = l.conf != NULL ? parse_file(&l) : no_memory(&l);
	if (e != ERR_OK)
		goto out;
	*out = l.conf;
	l.conf = NULL;
out:
	conf_free(l.conf);
	buf_free(&text);
	return e;
}

void
conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->item_count; i++) {
		free(c->items[i].name);
		free(c->items[i].value);
	}
	for (size_t i = 0; i < c->name_count; i++) {
		free(c->names[i].section);
		free(c->names[i].name);
	}
	free(c->items);
	free(c->names);
	free(c);
}

const char *
conf_text(const struct conf *c, const char *section, const char *name,
    const char *key)
{
	const struct conf_key *k = find_key(c, section, key, name != NULL);

	assert(k != NULL);
	if (k == NULL)
		return NULL;
	const struct item *it = find_item(c, k, name != NULL ? name : "");
	return it != NULL ? it->value : k->fallback;
}

int64_t
conf_int(const struct conf *c, const char *section, const char *name,
    const char *key)
{
	const char *text = conf_text(c, section, name, key);
	int64_t v;

	return text != NULL && parse_int(&v, text) ? v : 0;
}

bool
conf_bool(const struct conf *c, const char *section, const char *name,
    const char *key)
{
	const char *text = conf_text(c, section, name, key);
	bool v;

	return text != NULL && parse_bool(&v, text) && v;
}

static bool
is_named(const struct name *n, const char *section)
{
	return strcmp(n->section, section) == 0 && n->name[0] != '\0';
}

size_t
conf_count(const struct conf *c, const char *section)
{
	size_t n = 0;

	for (size_t i = 0; i < c->name_count; i++)
		n += is_named(&c->names[i], section);
	return n;
}

const char *
conf_name(const struct conf *c, const char *section, size_t i)
{
	for (size_t k = 0; k < c->name_count; k++) {
		if (!is_named(&c->names[k], section))
			continue;
		if (i-- == 0)
			return c->names[k].name;
	}
	return NULL;
}

static void
example_key(struct buf *out, const struct conf_key *k)
{
	buf_printf(out, "# %s", k->help != NULL ? k->help : k->key);
	if (k->type == CONF_INT)
		buf_printf(out, " (%lld to %lld)", (long long)k->min,
		    (long long)k->max);
	if (k->type == CONF_CHOICE)
		buf_printf(out, " (%s)", k->choices);
	/* What may stay out is shown as a comment. */
	buf_printf(out, "%s\n%s%s =%s%s\n", k->required ? "; required" : "",
	    k->required ? "" : "#", k->key, k->fallback != NULL ? " " : "",
	    k->fallback != NULL ? k->fallback : "");
}

void
conf_example(struct buf *out, const struct conf_key *keys, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct conf_key *k = &keys[i];
		const struct conf_key *before = i > 0 ? &keys[i - 1] : NULL;
		if (before == NULL || before->named != k->named ||
		    strcmp(before->section, k->section) != 0)
			buf_printf(out, "%s[%s%s]\n", i > 0 ? "\n" : "",
			    k->section, k->named ? " NAME" : "");
		example_key(out, k);
	}
}
