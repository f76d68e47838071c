/* SPDX-License-Identifier: Apache-2.0 */
/* witness --monitor: watches a log and tells of what is wrong. */
#include "cli.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/service.h"
#include "base/text.h"
#include "ledger/monitor.h"

#include "base/banned.h"

#define BACKOFF_MS 1000
#define SIGNAL_LOOK_MS 100
#define STALLED_MAX_S 31536000

/* Values stand between blanks, free text in quotes. */
static void
print_word(const char *text)
{
	for (; *text != '\0'; text++)
		(void)putchar(
		    *text > ' ' && *text < 0x7f && *text != '"' ? *text : '_');
}

static void
print_alarm(void *ctx, const struct monitor_alarm *a)
{
	(void)ctx;
	(void)printf("alarm=%s url=", a->name);
	print_word(a->url);
	(void)printf(" at=");
	print_word(a->where);
	(void)printf(" detail=\"");
	for (const char *p = a->detail; *p != '\0'; p++)
		(void)putchar(*p >= ' ' && *p < 0x7f && *p != '"' ? *p : '_');
	(void)printf("\"\n");
	(void)fflush(stdout);
}

/* The thread that works; the first one waits for signals. */
struct watch {
	struct monitor *m;
	struct diag *d;
	enum err e;
	atomic_bool done;
};

static void *
work(void *ctx)
{
	struct watch *w = ctx;

	w->e = monitor_run(w->m, w->d);
	atomic_store(&w->done, true);
	return NULL;
}

static enum err
run(struct cli *c, struct monitor *m)
{
	struct watch w = { .m = m, .d = &c->d };
	pthread_t thread;
	int fd;
	enum err e = service_signals(&fd, &c->d);

	if (e != ERR_OK)
		return e;
	atomic_init(&w.done, false);
	if (pthread_create(&thread, NULL, work, &w) != 0)
		return diag_fail(&c->d, ERR_NOMEM, "", "no thread");
	while (!atomic_load(&w.done)) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (poll(&p, 1, SIGNAL_LOOK_MS) > 0 &&
		    service_signal_take(fd) != 0)
			monitor_stop(m);
	}
	(void)pthread_join(thread, NULL);
	if (w.e != ERR_OK)
		return w.e;
	(void)printf("entries=%llu alarms=%llu\n",
	    (unsigned long long)monitor_size(m),
	    (unsigned long long)monitor_alarms(m));
	c->code = monitor_alarms(m) == 0 ? CLI_DONE : CLI_REFUSED;
	return fflush(stdout) == 0 ? ERR_OK
				   : diag_fail(&c->d, ERR_IO, "",
					 "standard output: not written");
}

static enum err
options(
    struct monitor_options *o, const char *urls[MONITOR_URLS], struct cli *c)
{
	const char *stalled = cli_option(&c->args, "stalled");
	uint64_t s = 0;

	for (size_t i = 0; i < c->args.count; i++) {
		if (strcmp(c->args.given[i].option->name, "monitor") != 0)
			continue;
		if (o->url_count == MONITOR_URLS)
			return diag_fail(&c->d, ERR_USAGE, "interface",
			    "--monitor: more than %d addresses", MONITOR_URLS);
		urls[o->url_count++] = c->args.given[i].value;
	}
	if (o->url_count == 0)
		return diag_fail(
		    &c->d, ERR_USAGE, "interface", "--monitor is missing");
	if (stalled != NULL &&
	    u64_parse(&s, span_str(stalled), STALLED_MAX_S) != ERR_OK)
		return diag_fail(&c->d, ERR_USAGE, "interface",
		    "--stalled %.40s: wanted a number of seconds", stalled);
	o->urls = urls;
	o->stalled_ms = (int64_t)s * 1000;
	o->ca = cli_option(&c->args, "ca");
	o->state = cli_option(&c->args, "state");
	o->once = cli_option(&c->args, "once") != NULL;
	return ERR_OK;
}

enum err
cli_monitor(struct cli *c)
{
	struct buf token = buf_heap(CLI_TOKEN_MAX);
	const char *urls[MONITOR_URLS];
	struct monitor_options o = { .agent = "countermark-monitor/" CM_VERSION,
		.backoff_ms = BACKOFF_MS,
		.alarm = print_alarm };
	struct policy *policy = NULL;
	struct monitor *m = NULL;
	struct hash hash;
	enum err e;

	c->lines = true;
	e = options(&o, urls, c);
	if (e == ERR_OK)
		e = cli_policy_open(&policy, &hash, c);
	if (e == ERR_OK)
		e = cli_token_read(&token, c);
	if (e == ERR_OK) {
		o.policy = policy;
		o.token = token.n == 0 ? NULL : buf_text(&token);
		e = monitor_new(&m, &o, &c->d);
	}
	if (e == ERR_OK)
		e = run(c, m);
	monitor_free(m);
	policy_free(policy);
	if (token.p != NULL)
		secret_wipe(token.p, token.n);
	buf_free(&token);
	return e;
}
