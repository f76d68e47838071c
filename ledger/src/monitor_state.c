/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file `STATE.replay`: `countermark/monitor/v1` and LF, follow state and
 * replay, each behind its length (u64be), then SHA-256 over all before.
 */
#include "monitor_internal.h"

#include <stdio.h>
#include <unistd.h>

#include "base/file.h"

#include "base/banned.h"

#define HEAD "countermark/monitor/v1\n"
#define ENDING ".replay"
#define PATH_BYTES 4096
#define FILE_MAX ((size_t)64 << 30)

static enum err
path_of(char path[PATH_BYTES], const struct monitor *m, struct diag *d)
{
	int n = snprintf(path, PATH_BYTES, "%s" ENDING, m->o.state);

	return n > 0 && n < PATH_BYTES ? ERR_OK
				       : diag_fail(d, ERR_CONFIG, "",
					     "--state: wanted a shorter path");
}

enum err
monitor_save(struct monitor *m, struct diag *d)
{
	struct buf state = buf_heap(FOLLOW_STATE_MAX);
	struct buf replay = buf_heap(FILE_MAX), out = buf_heap(FILE_MAX);
	char path[PATH_BYTES];
	struct hash sum;
	enum err e = path_of(path, m, d);

	if (e == ERR_OK)
		e = follow_state_print(&state, follow_state(m->at[0].f));
	if (e == ERR_OK)
		e = replay_save(m->replay, &replay);
	if (e == ERR_OK) {
		buf_str(&out, HEAD);
		buf_u64be(&out, state.n);
		buf_put(&out, buf_span(&state));
		buf_u64be(&out, replay.n);
		buf_put(&out, buf_span(&replay));
		sum = hash_bytes(buf_span(&out));
		buf_put(&out, hash_span(&sum));
		e = buf_error(&out);
	}
	if (e == ERR_OK)
		e = file_replace(path, buf_span(&out), 0600, d);
	else
		(void)diag_fail(d, e, "", "%.120s: %s", path, err_name(e));
	buf_free(&out);
	buf_free(&replay);
	buf_free(&state);
	return e;
}

static bool
take_part(struct span *part, struct span *rest)
{
	uint64_t n = 0;

	if (rest->n < 8)
		return false;
	for (unsigned i = 0; i < 8; i++)
		n = n << 8 | rest->p[i];
	*rest = span_skip(*rest, 8);
	if (n > rest->n)
		return false;
	*part = span_of(rest->p, (size_t)n);
	*rest = span_skip(*rest, (size_t)n);
	return true;
}

/* Of that log, and no further than the checkpoint kept. */
static bool
fits(const struct monitor *m, const struct follow_state *s)
{
	struct hash root = frontier_root(&s->frontier);

	return strcmp(s->origin, m->kept.origin) == 0 && s->frontier.size > 0 &&
	       s->frontier.size <= m->kept.size &&
	       (s->frontier.size < m->kept.size ||
		   hash_equal(&root, &m->kept.root));
}

static enum err
parse(struct monitor *m, const struct replay_options *o,
    struct follow_state *state, struct span file)
{
	struct span rest, text, saved;
	struct hash sum, chain;
	enum err e;

	if (file.n < HASH_BYTES)
		return ERR_NOT_FOUND;
	rest = span_of(file.p, file.n - HASH_BYTES);
	sum = hash_bytes(rest);
	if (memcmp(sum.b, rest.p + rest.n, HASH_BYTES) != 0 ||
	    !span_starts(rest, HEAD))
		return ERR_NOT_FOUND;
	rest = span_skip(rest, strlen(HEAD));
	if (!take_part(&text, &rest) || !take_part(&saved, &rest) ||
	    rest.n != 0 || follow_state_parse(state, text, NULL) != ERR_OK ||
	    !fits(m, state))
		return ERR_NOT_FOUND;
	e = replay_load(&m->replay, o, saved, NULL);
	if (e != ERR_OK)
		return e == ERR_NOMEM ? e : ERR_NOT_FOUND;
	chain = replay_chain(m->replay);
	if (replay_size(m->replay) == state->frontier.size &&
	    hash_equal(&chain, &state->chain))
		return ERR_OK;
	replay_free(m->replay);
	m->replay = NULL;
	return ERR_NOT_FOUND;
}

enum err
monitor_load(struct monitor *m, const struct replay_options *o,
    struct follow_state *state, struct diag *d)
{
	struct buf file = buf_heap(FILE_MAX);
	char path[PATH_BYTES];
	enum err e = path_of(path, m, d);

	if (e == ERR_OK && access(path, F_OK) != 0)
		e = ERR_NOT_FOUND;
	if (e == ERR_OK)
		e = file_read(&file, path, FILE_MAX, d);
	if (e == ERR_OK)
		e = parse(m, o, state, buf_span(&file));
	buf_free(&file);
	if (e != ERR_OK)
		follow_state_init(state);
	return e;
}
