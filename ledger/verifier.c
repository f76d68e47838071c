/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/file.h"
#include "ledger/bundle.h"

#include "base/banned.h"

struct options {
	const char *bundle;
	const char *policy;
	bool json;
	bool help;
	bool version;
};

static const char usage[] =
    "usage: countermark-verify BUNDLE --policy POLICY [--json]\n"
    "       countermark-verify --version | --help\n"
    "Checks a proof bundle (.cmproof) without network or database: against "
    "the\n"
    "logs and witnesses that POLICY (C2SP tlog-policy) believes.\n"
    "Exit: 0 proven genuine, 1 proven otherwise, 2 not proven, 3 usage\n";

static bool
options_read(struct options *o, int argc, char **argv)
{
	memset(o, 0, sizeof(*o));
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0 && !o->json)
			o->json = true;
		else if (strcmp(argv[i], "--help") == 0)
			o->help = true;
		else if (strcmp(argv[i], "--version") == 0)
			o->version = true;
		else if (strcmp(argv[i], "--policy") == 0 && i + 1 < argc &&
			 o->policy == NULL)
			o->policy = argv[++i];
		else if (argv[i][0] != '-' && o->bundle == NULL)
			o->bundle = argv[i];
		else
			return false;
	}
	return o->help || o->version ||
	       (o->bundle != NULL && o->policy != NULL);
}

/* ---- for people ---- */
/* Foreign text without what a terminal would obey: control characters, also
 * those of U+0080 to U+009F. */
static const char *
plain(char *out, size_t cap, const char *text)
{
	size_t n = 0;

	for (; *text != '\0' && n + 1 < cap; text++) {
		uint8_t c = (uint8_t)*text, next = (uint8_t)text[1];

		bool wide = c == 0xC2 && next >= 0x80 && next < 0xA0;

		text += wide;
		out[n++] = wide || c < ' ' || c == 0x7F ? '?' : (char)c;
	}
	out[n] = '\0';
	return out;
}

static void
print_findings(const struct answer *a)
{
	char text[sizeof(a->findings[0].text)];

	for (unsigned i = 0; i < a->finding_count; i++) {
		const struct finding *f = &a->findings[i];

		(void)printf("finding: %s (%s, %s): %s", f->code, f->group,
		    f->hard ? "hard" : "soft",
		    plain(text, sizeof(text), f->text));
		for (unsigned k = 0; k < f->evidence_count; k++)
			(void)printf("%s%" PRIu64, k == 0 ? "; entries " : ", ",
			    f->evidence[k]);
		(void)printf("\n");
	}
}

static void
print_log(const struct bundle_result *r)
{
	char time[RFC3339_CHARS + 1];

	rfc3339_print(time, r->epoch_ms);
	(void)printf("log: %s, complete as of its first %" PRIu64
		     " entries, at %s\n",
	    r->origin, r->as_of, time);
	(void)printf("witnesses: %u of the policy; map root: %s\n", r->cosigned,
	    r->map_witnessed ? "witnessed" : "operator's claim");
}

static void
print_limits(const struct bundle_result *r)
{
	char time[RFC3339_CHARS + 1];

	rfc3339_print(time, r->at_ms);
	(void)printf("asked: %s, at %s as the asker says\n", r->code, time);
	(void)printf("not proven: that the code is on the right object; the "
		     "times that devices claim;\n"
		     "            what the log holds behind those entries%s\n",
	    r->map_witnessed ? ""
			     : "; that no entry was left out\n"
			       "            (no map witness has cosigned)");
}

static void
print_failure(const struct bundle_result *r)
{
	char where[sizeof(r->where)], detail[sizeof(r->detail)];

	(void)printf("not proven: %s%s%s: %s (%s)\n",
	    bundle_check_word(r->check), r->where[0] == '\0' ? "" : " at ",
	    plain(where, sizeof(where), r->where),
	    plain(detail, sizeof(detail), r->detail), r->clause);
	if (r->verdict[0] != '\0')
		(void)printf("The bundle states %s; nothing of it is proven.\n",
		    r->verdict);
}

static void
print_result(const struct bundle_result *r)
{
	char sentence[sizeof(r->answer.sentence)];

	if (r->failed) {
		print_failure(r);
		return;
	}
	if (r->withheld) {
		(void)printf("not proven: content is withheld\n"
			     "The lists are complete, but some entries are "
			     "hashes only: %s is what the\nbundle states.\n",
		    r->verdict);
		print_log(r);
		return;
	}
	(void)printf("proven: %s\n%s\n", r->verdict,
	    plain(sentence, sizeof(sentence), r->answer.sentence));
	print_findings(&r->answer);
	print_log(r);
	print_limits(r);
}

/* ---- the run ---- */
static enum err
read_policy(struct policy **out, const char *path, struct diag *d)
{
	struct buf text = buf_heap(POLICY_BYTES);
	enum err e = file_read(&text, path, POLICY_BYTES, d);

	if (e == ERR_OK)
		e = policy_parse(out, buf_span(&text), d);
	buf_free(&text);
	return e;
}

static enum err
check(struct bundle_result *r, const struct options *o, struct diag *d)
{
	struct buf bundle = buf_heap(BUNDLE_MAX);
	struct policy *policy = NULL;
	enum err e = crypto_start();

	if (e == ERR_OK)
		e = read_policy(&policy, o->policy, d);
	if (e == ERR_OK)
		e = file_read(&bundle, o->bundle, BUNDLE_MAX, d);
	if (e == ERR_OK)
		e = bundle_verify(r, buf_span(&bundle), policy);
	policy_free(policy);
	buf_free(&bundle);
	return e;
}

static enum err
print(const struct bundle_result *r, bool json)
{
	struct buf b = buf_heap(8192);
	enum err e = ERR_OK;

	if (json) {
		e = bundle_result_json(&b, r);
		if (e == ERR_OK)
			(void)printf("%s\n", buf_text(&b));
	} else {
		print_result(r);
	}
	buf_free(&b);
	return e == ERR_OK && fflush(stdout) != 0 ? ERR_IO : e;
}

int
verifier_run(int argc, char **argv)
{
	static const int codes[] = {
		[BUNDLE_GENUINE] = VERIFIER_GENUINE,
		[BUNDLE_OTHERWISE] = VERIFIER_OTHERWISE,
		[BUNDLE_NOT_PROVEN] = VERIFIER_NOT_PROVEN,
	};
	struct bundle_result r;
	struct options o;
	struct diag d = { 0 };
	enum err e;

	if (!options_read(&o, argc, argv)) {
		(void)fputs(usage, stderr);
		return VERIFIER_USAGE;
	}
	if (o.help || o.version) {
		(void)fputs(
		    o.help ? usage : "countermark-verify " CM_VERSION "\n",
		    stdout);
		return fflush(stdout) == 0 ? 0 : VERIFIER_USAGE;
	}
	e = check(&r, &o, &d);
	if (e == ERR_OK)
		e = print(&r, o.json);
	if (e != ERR_OK) {
		(void)fprintf(stderr, "countermark-verify: %s\n",
		    d.text[0] == '\0' ? err_advice(e) : d.text);
		return VERIFIER_USAGE;
	}
	return codes[r.outcome];
}
