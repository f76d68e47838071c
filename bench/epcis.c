/* SPDX-License-Identifier: Apache-2.0 */
/* How long the first page of an EPCIS query takes, parameter by parameter:
 * countermark-bench-epcis FOLDER EVENTS EACH [PLANS]. PostgreSQL runs in
 * FOLDER, where a ledger filled before is used again; PLANS gets the plans as
 * Markdown. */
#include "epcis_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "ledger/query.h"

#include "base/banned.h"

#define RUNS 15 /* but three, if they take long */
#define LONG_US 500000
#define PAGE 30
#define LOG "bench"
#define DATABASE "bench"

struct worst {
	double ms;
	char name[120];
};

struct bench {
	struct store *s;
	uint64_t events, below;
	FILE *plans;
	const char *whose; /* who asks: "all", or a class of organisations */
	struct span org;   /* its DID, or none */
	struct worst by_key, by_time;
	unsigned printed;
};

static void
must(enum err e, const char *what, const struct diag *d)
{
	if (e == ERR_OK)
		return;
	(void)fprintf(stderr, "epcis: %s: %s %s\n", what, err_name(e), d->text);
	exit(1);
}

/* ---- one question ---- */
static enum err
count_key(void *ctx, const struct query_key *key)
{
	(void)key;
	++*(unsigned *)ctx;
	return ERR_OK;
}

static int
compare_times(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static bool
goes_on(size_t runs, int64_t begin_us)
{
	return runs < RUNS &&
	       (runs < 3 || clock_mono_us() - begin_us < LONG_US);
}

/* ---- what a plan did ---- */
#define SCANS 400

struct plan {
	char scans[SCANS]; /* which indexes and tables, without those of who
			    * sees what, which each plan has */
	char buffers[80];  /* of the whole: the first line that counts them */
	unsigned long rows, removed;
};

static bool
find(const char **at, const char *line, const char *what)
{
	*at = strstr(line, what);
	if (*at != NULL)
		*at += strlen(what);
	return *at != NULL;
}

static void
add_scan(struct plan *p, const char *name)
{
	size_t n = strcspn(name, " "), used = strlen(p->scans);
	char word[80];

	(void)snprintf(word, sizeof word, "%.*s", (int)n, name);
	if (strncmp(word, "event_org", 9) != 0 &&
	    strstr(p->scans, word) == NULL)
		(void)snprintf(p->scans + used, sizeof p->scans - used, "%s%s",
		    used > 0 ? ", " : "", word);
}

static enum err
plan_line(void *ctx, struct span text)
{
	struct plan *p = ctx;
	unsigned long loops = 1, rows = 0;
	const char *at;
	char line[1000];

	(void)snprintf(line, sizeof line, "%.*s", SPAN_ARG(text));
	if (find(&at, line, "Buffers: ") && p->buffers[0] == '\0')
		(void)snprintf(p->buffers, sizeof p->buffers, "%s", at);
	if (strstr(line, "never executed") != NULL)
		return ERR_OK;
	if (find(&at, line, "loops="))
		loops = strtoul(at, NULL, 10);
	if (strstr(line, "Scan ") != NULL && find(&at, line, "actual time=") &&
	    find(&at, at, "rows=")) {
		rows = strtoul(at, NULL, 10);
		p->rows += rows * loops;
	}
	if (find(&at, line, "Rows Removed by "))
		p->removed += strtoul(strchr(at, ':') + 1, NULL, 10);
	if (find(&at, line, "Scan using ") ||
	    find(&at, line, "Backward using ") ||
	    find(&at, line, "Bitmap Index Scan on "))
		add_scan(p, at);
	else if (find(&at, line, "Seq Scan on "))
		add_scan(p, "SEQ"), add_scan(p, at);
	return ERR_OK;
}

static void
put_plan(struct bench *b, const char *name, const struct query *q)
{
	struct diag d = { .code = ERR_OK };
	struct plan p = { .rows = 0 };

	must(query_explain(b->s, q, plan_line, &p, &d), name, &d);
	(void)fprintf(b->plans, "| %s | %s | %s | %lu | %lu | %s |\n", b->whose,
	    name, p.scans, p.rows, p.removed, p.buffers);
}

static void
measure(struct bench *b, const char *name, const struct query *q)
{
	struct worst *worst =
	    q->order == QUERY_BY_EVENT_TIME ? &b->by_time : &b->by_key;
	struct diag d = { .code = ERR_OK };
	double ms[RUNS];
	const int64_t begin = clock_mono_us();
	unsigned rows = 0;
	size_t runs = 0;
	bool more;

	while (runs < RUNS && (runs < 3 || clock_mono_us() - begin < LONG_US)) {
		int64_t start = clock_mono_us();

		rows = 0;
		must(query_events(b->s, q, count_key, &rows, &more, &d), name,
		    &d);
		ms[runs++] = (double)(clock_mono_us() - start) / 1e3;
	}
	qsort(ms, runs, sizeof ms[0], compare_times);
	(void)printf("%s\n  \"%s\": {\"p50_ms\": %.2f, \"rows\": %u}",
	    b->printed++ > 0 ? "," : "", name, ms[runs / 2], rows);
	if (ms[runs / 2] > worst->ms) {
		worst->ms = ms[runs / 2];
		(void)snprintf(worst->name, sizeof worst->name, "%s", name);
	}
	if (b->plans != NULL)
		put_plan(b, name, q);
}

/* The question with one condition, in each order. */
static void
ask(struct bench *b, const char *name, const struct query_condition *c)
{
	struct query q = { .count = c != NULL,
		.org = b->org,
		.below = b->below,
		.limit = PAGE };
	char text[120];

	if (c != NULL)
		q.conditions[0] = *c;
	measure(b, name, &q);
	q.order = QUERY_BY_EVENT_TIME;
	q.descending = true;
	(void)snprintf(text, sizeof text, "%s, orderBy=eventTime", name);
	measure(b, text, &q);
}

/* ---- values ---- */
static const char *const class_names[EPCIS_CLASSES] = { "frequent", "middle",
	"rare", "late" };

static void
ask_value(struct bench *b, const char *parameter, enum query_field field,
    const char *class, const char *value, const char *type)
{
	const struct span v = span_str(value);
	const struct query_condition c = { .field = field,
		.values = &v,
		.value_count = 1,
		.type = span_str(type) };
	char name[100];

	(void)snprintf(name, sizeof name, "%s %s", parameter, class);
	ask(b, name, &c);
}

static void
ask_words(struct bench *b)
{
	ask_value(
	    b, "eventType", QUERY_EVENT_TYPE, "frequent", "ObjectEvent", "");
	ask_value(b, "eventType", QUERY_EVENT_TYPE, "middle",
	    "TransformationEvent", "");
	ask_value(b, "EQ_action", QUERY_ACTION, "frequent", "ADD", "");
	ask_value(b, "EQ_action", QUERY_ACTION, "rare", "DELETE", "");
	ask_value(b, "EQ_eventID", QUERY_EVENT_ID, "none",
	    "https://a.example/none", "");
	for (unsigned i = 0; i < EPCIS_CLASSES; i++) {
		ask_value(b, "EQ_bizStep", QUERY_BIZ_STEP, class_names[i],
		    epcis_step((enum epcis_class)i, 0), "");
		ask_value(b, "EQ_disposition", QUERY_DISPOSITION,
		    class_names[i], epcis_disposition((enum epcis_class)i, 0),
		    "");
	}
}

static const struct {
	const char *parameter;
	enum query_field field;
	const char *kind, *type;
} uris[] = {
	{ "EQ_readPoint", QUERY_READ_POINT, "read", "" },
	{ "EQ_bizLocation", QUERY_BIZ_LOCATION, "place", "" },
	{ "MATCH_epc", QUERY_EPC, "crate", "" },
	{ "MATCH_parentID", QUERY_PARENT, "pallet", "" },
	{ "MATCH_anyEPC", QUERY_ANY_EPC, "crate", "" },
	{ "MATCH_epcClass", QUERY_CLASS, "class", "" },
	{ "MATCH_anyEPCClass", QUERY_ANY_CLASS, "class", "" },
	{ "MATCH_inputEPC", QUERY_INPUT, "crate", "" },
	{ "MATCH_inputEPCClass", QUERY_INPUT_CLASS, "class", "" },
	{ "MATCH_outputEPCClass", QUERY_OUTPUT_CLASS, "class", "" },
	{ "EQ_bizTransaction_po", QUERY_TRANSACTION, "po", "po" },
	{ "EQ_destination_location", QUERY_DESTINATION, "to", "location" },
	{ "EQ_transformationID", QUERY_TRANSFORMATION, "transformation", "" },
};

static void
ask_uris(struct bench *b)
{
	char value[80];

	for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
		for (unsigned c = 0; c < EPCIS_CLASSES; c++) {
			(void)snprintf(value, sizeof value,
			    "https://a.example/%s/c%u", uris[i].kind, c);
			ask_value(b, uris[i].parameter, uris[i].field,
			    class_names[c], value, uris[i].type);
		}
	}
	for (unsigned c = 0; c < EPCIS_CLASSES; c++) {
		(void)snprintf(value, sizeof value, "did:web:o%u.example", c);
		ask_value(b, "EQ_source_owning_party", QUERY_SOURCE,
		    class_names[c], value, "owning_party");
	}
	ask_value(b, "MATCH_epc", QUERY_EPC, "one item",
	    "https://id.gs1.org/01/09506000134352/21/S0000001001", "");
	ask_value(b, "MATCH_outputEPC", QUERY_OUTPUT, "none",
	    "https://a.example/none", "");
	ask_value(
	    b, "EQ_errorReason", QUERY_REASON, "middle", "incorrect_data", "");
	ask_value(
	    b, "EQ_errorReason", QUERY_REASON, "rare", "did_not_occur", "");
	ask_value(b, "EQ_correctiveEventID", QUERY_CORRECTIVE, "middle",
	    "https://a.example/event/1", "");
	ask_value(b, "EQ_persistentDisposition_set", QUERY_PERSISTENT_SET,
	    "none", "active", "");
}

static void
ask_range(
    struct bench *b, const char *name, const char *lower, const char *upper)
{
	const struct query_range r = { span_str(lower), span_str(upper) };
	const struct query_condition c = {
		.field = QUERY_EPC, .ranges = &r, .range_count = 1
	};

	ask(b, name, &c);
}

/* ---- times, numbers and the rest ---- */
static void
ask_time(struct bench *b, const char *name, enum query_field field,
    enum query_op op, uint64_t n)
{
	const struct query_condition c = { .field = field,
		.op = op,
		.ms = EPCIS_BASE_MS + (int64_t)n * EPCIS_STEP_MS };

	ask(b, name, &c);
}

static void
ask_times(struct bench *b)
{
	const uint64_t n = b->events;

	ask_time(b, "GE_eventTime all", QUERY_EVENT_TIME, QUERY_GE, 0);
	ask_time(
	    b, "GE_eventTime last", QUERY_EVENT_TIME, QUERY_GE, n / 100 * 99);
	ask_time(b, "LT_eventTime all", QUERY_EVENT_TIME, QUERY_LT, 2 * n);
	ask_time(b, "LT_eventTime first", QUERY_EVENT_TIME, QUERY_LT, n / 100);
	ask_time(b, "GE_recordTime", QUERY_RECORD_TIME, QUERY_GE, n);
	ask_time(b, "LT_recordTime", QUERY_RECORD_TIME, QUERY_LT, n);
	ask_time(b, "GE_errorDeclarationTime all", QUERY_DECLARATION_TIME,
	    QUERY_GE, 0);
	ask_time(b, "LT_errorDeclarationTime first", QUERY_DECLARATION_TIME,
	    QUERY_LT, n / 100);
}

static void
ask_number(struct bench *b, const char *name, enum query_op op,
    const char *value, const char *unit)
{
	const struct span v = span_str(value);
	const struct query_condition c = { .field = QUERY_QUANTITY,
		.op = op,
		.values = &v,
		.value_count = 1,
		.type = unit == NULL ? SPAN_NONE : span_str(unit) };

	ask(b, name, &c);
}

static void
ask_numbers(struct bench *b)
{
	ask_number(b, "EQ_quantity_KGM", QUERY_EQ, "7.5", "KGM");
	ask_number(b, "EQ_quantity none", QUERY_EQ, "0.25", NULL);
	ask_number(b, "GE_quantity half", QUERY_GE, "500", NULL);
	ask_number(b, "GT_quantity_KGM few", QUERY_GT, "998.5", "KGM");
	ask_number(b, "LT_quantity_KGM half", QUERY_LT, "500", "KGM");
	ask_number(b, "LE_quantity few", QUERY_LE, "0.5", NULL);
}

static enum err
count_value(void *ctx, struct span value)
{
	(void)value;
	++*(unsigned *)ctx;
	return ERR_OK;
}

static void
ask_lists(struct bench *b)
{
	static const char *const names[QUERY_LISTS] = { "/eventTypes",
		"/bizSteps", "/dispositions", "/readPoints", "/bizLocations",
		"/epcs" };
	const struct query_page page = {
		.org = b->org, .below = b->below, .limit = PAGE
	};
	struct diag d = { .code = ERR_OK };

	for (int i = 0; i < QUERY_LISTS; i++) {
		const int64_t begin = clock_mono_us();
		double ms[RUNS];
		unsigned rows = 0;
		size_t runs = 0;
		bool more;

		while (goes_on(runs, begin)) {
			int64_t start = clock_mono_us();

			rows = 0;
			must(query_values(b->s, (enum query_list)i, &page,
				 count_value, &rows, &more, &d),
			    names[i], &d);
			ms[runs++] = (double)(clock_mono_us() - start) / 1e3;
		}
		qsort(ms, runs, sizeof ms[0], compare_times);
		(void)printf(",\n  \"%s\": {\"p50_ms\": %.2f, \"rows\": %u}",
		    names[i], ms[runs / 2], rows);
	}
}

static void
ask_all(struct bench *b)
{
	const struct query_condition declared = { .field = QUERY_DECLARATION,
		.op = QUERY_EXISTS };

	ask(b, "no parameter", NULL);
	ask_words(b);
	ask_uris(b);
	ask_range(b, "MATCH_epc pattern of few",
	    "https://id.gs1.org/01/09506000134352/21/S000000100",
	    "https://id.gs1.org/01/09506000134352/21/S000000101");
	ask_range(b, "MATCH_epc pattern of most",
	    "https://id.gs1.org/01/09506000134352/21/",
	    "https://id.gs1.org/01/09506000134352/210");
	ask_times(b);
	ask_numbers(b);
	ask(b, "EXISTS_errorDeclaration", &declared);
	ask_lists(b);
}

/* All questions as countermark-api asks them for one who sees as much. */
static void
ask_as(struct bench *b, const char *whose, const char *sees)
{
	struct diag d = { .code = ERR_OK };

	must(store_scope(b->s, sees, &d), "scope", &d);
	b->whose = whose;
	b->org = strcmp(sees, "*") == 0 ? SPAN_NONE : span_str(sees);
	b->by_key = b->by_time = (struct worst){ .ms = 0 };
	b->printed = 0;
	(void)printf("{\"filters\": {");
	ask_all(b);
	(void)printf("},\n \"worst_by_key\": \"%s\", "
		     "\"worst_by_key_p50_ms\": %.2f,\n"
		     " \"worst_by_time\": \"%s\", "
		     "\"worst_by_time_p50_ms\": %.2f}",
	    b->by_key.name, b->by_key.ms, b->by_time.name, b->by_time.ms);
}

/* Those who see everything, and the owning parties of each class. */
static void
ask_each(struct bench *b)
{
	char did[40];

	(void)printf(",\n \"all\": ");
	ask_as(b, "all", "*");
	for (unsigned c = 0; c < EPCIS_CLASSES; c++) {
		(void)snprintf(did, sizeof did, "did:web:o%u.example", c);
		(void)printf(",\n \"organisation %s\": ", class_names[c]);
		ask_as(b, class_names[c], did);
	}
	(void)printf("}\n");
}

/* Fills and projects, and says so; a ledger that stands is taken as it is. */
static void
prepare(struct bench *b, struct pgtest *db, const char *folder, unsigned each)
{
	struct diag d = { .code = ERR_OK };
	bool stands = pgtest_reopen(db, folder, DATABASE);
	struct store_head head;
	char api[1200];
	int64_t bytes;
	double seconds;

	if (!stands)
		epcis_fill(db, LOG, b->events, each);
	/* as countermark-api asks: under row-level security */
	pgtest_as(api, sizeof api, db, "countermark_api");
	b->s = pgtest_store(api, LOG, 0);
	must(store_read_head(b->s, &head, &d), "head", &d);
	b->below = head.size;
	(void)printf("{\"events\": %" PRIu64 ", \"statements\": %" PRIu64,
	    b->events, head.size - 1);
	if (!stands) {
		bytes = pgtest_bytes(db);
		seconds = epcis_project(db->uri, LOG, head.size);
		bytes = pgtest_bytes(db) - bytes;
		(void)printf(
		    ",\n \"project_seconds\": %.2f, \"project_per_s\": %.0f, "
		    "\"disk_bytes_per_event\": %.0f",
		    seconds, (double)b->events / seconds,
		    (double)bytes / (double)b->events);
	}
	/* a ledger used again may have new columns and indexes */
	pgtest_settle(db);
}

int
main(int argc, char **argv)
{
	struct bench b = { .plans = NULL };
	struct pgtest db;
	uint64_t each;

	if (argc < 4 ||
	    u64_parse(&b.events, span_str(argv[2]), 100000000) != ERR_OK ||
	    u64_parse(&each, span_str(argv[3]), 100) != ERR_OK || each == 0) {
		(void)fprintf(
		    stderr, "usage: %s FOLDER EVENTS EACH [PLANS]\n", argv[0]);
		return 64;
	}
	if (argc > 4 && (b.plans = fopen(argv[4], "we")) == NULL) {
		perror(argv[4]);
		return 1;
	}
	prepare(&b, &db, argv[1], (unsigned)each);
	if (b.plans != NULL)
		(void)fprintf(b.plans,
		    "| who | question | scans | rows | removed | buffers |\n"
		    "|--|--|--|--|--|--|\n");
	ask_each(&b);
	store_close(b.s);
	if (b.plans != NULL && fclose(b.plans) != 0)
		return 1;
	return pgtest_script("stop", argv[1]);
}
