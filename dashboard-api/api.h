/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_API_H
#define API_API_H

#include "base/crypto.h"
#include "base/json_out.h"
#include "base/metrics.h"
#include "event/did.h"
#include "gs1/gcp.h"
#include "http/server.h"
#include "provenance/verdict.h"

#include "api_conf.h"
#include "epcis_extensions.h"
#include "limit.h"
#include "pool.h"
#include "target.h"
#include "view.h"

#define API_PROBLEM "https://countermark.example/problems/"
#define API_METRICS (20 + VERDICTS)
#define API_BODY_MAX ((size_t)1 << 20)
/* The limit of a target's body: capture takes larger ones. */
size_t api_body_max(struct span target);

struct api_metrics {
	struct metric ok, refused, failed; /* answers by class */
	struct metric seconds;
	struct metric database_errors;
	struct metric rate_limited;
	struct metric size;
	struct metric verdicts[VERDICTS];
	struct metric capture_jobs, capture_statements, capture_refused;
	/* the server's own map, see proofs.c */
	struct metric map_entries, map_keys, map_bytes, map_differences;
	struct metric map_follow, proof_seconds;
	/* subscriptions, see deliver.c */
	struct metric deliveries, delivery_failures, delivered_events, lag;
};

/* One for the process. */
struct api {
	const struct api_conf *conf;
	struct pool *pool;
	struct view *view;
	struct proofs *proofs;   /* NULL: no map is kept here */
	struct epcis_jobs *jobs; /* NULL: nothing is captured here */
	struct sign_key answer;
	char answer_did[DID_KEY_CHARS + 1];
	struct limit *limit; /* NULL: none */
	struct gcp *gcp;     /* lengths of company prefixes; NULL none given */
	struct api_metrics metrics;
};

/* Who asks. */
enum role {
	ROLE_PUBLIC,
	ROLE_BRAND,
	ROLE_PARTNER,
	ROLE_AUTHORITY,
	ROLE_AUDITOR,
	ROLE_OPERATOR,
};

/* What a token is good for (token create --scope). */
enum scope {
	SCOPE_READ = 1,
	SCOPE_CAPTURE = 2,
	SCOPE_SUBSCRIBE = 4,
};

/* The holder of the token; ROLE_PUBLIC without one. */
struct caller {
	enum role role;
	unsigned scopes;       /* bits of enum scope */
	char organisation[64]; /* "" none */
	struct hash token;     /* its hash */
	/* Whose events may be seen: a DID, "*" all, "" none; set by
	 * access_see(). */
	char sees[STORE_SCOPE + 1];
};

/* What the client of /epcis asked for in its headers (epcis.md 9.2). */
enum epc_format {
	EPC_FORMAT_LINK, /* Always_GS1_Digital_Link, the default */
	EPC_FORMAT_URN,
	EPC_FORMAT_ASIS, /* Never_Translates, No_Preference */
};
struct epcis_wish {
	enum epc_format format;
	bool ld; /* application/ld+json rather than application/json */
	struct epcis_extensions extensions;
};

/* One request on its way through the routes. */
#define CALL_WILDS 14
struct call {
	struct api *api;
	const struct http_request *req;
	struct http_response *res;
	struct target target;
	unsigned wild_count; /* segments that stood for * or ** */
	struct span wild[CALL_WILDS];
	struct caller caller;
	struct epcis_wish epcis;
	struct store *store;   /* lent, NULL until asked for */
	struct snapshot *snap; /* likewise */
	bool unpublished;      /* there is no checkpoint yet */
	char capture_id[37];   /* of the job this request makes, "" none */
	bool counted;          /* in the limit of its client */
	bool wrote;            /* not to be tried again by itself */
	struct diag d;
};

/* ERR_OK: the response is filled, be it with a problem. Else call->d tells why
 * the dispatcher has to answer 5xx. */
typedef enum err (*route_fn)(struct call *c);

/* route.c: the whole table. */
void api_handle(
    void *ctx, const struct http_request *req, struct http_response *res);
void api_metrics_init(struct api_metrics *m);

/* The call's connection and snapshot. */
enum err call_store(struct call *c, struct store **out) CM_MUST_USE;
enum err call_snapshot(struct call *c) CM_MUST_USE;

/* access.c: role of the bearer token, ROLE_PUBLIC without one. *refused is set
 * when a 401 has been written. */
enum err access_check(struct call *c, bool *refused) CM_MUST_USE;
/* true when the role may read entries; else 401 or 403 has been written. */
bool access_entries(struct call *c);
/* true when the token is good for that; else 401 or 403 has been written. */
bool access_scope(struct call *c, enum scope scope);
/* Before search tables are asked: sets caller.sees, and the connection's
 * row-level security to it. *refused: 401 or 403 has been written, since the
 * caller sees no events at all. */
enum err access_see(struct call *c, bool *refused) CM_MUST_USE;
/* The same for what concerns the caller's own organisation alone, whatever its
 * role and scopes; it has one. */
enum err access_own(struct call *c) CM_MUST_USE;
/* Does the caller's role see the events of all? */
bool access_sees_all(const struct call *c);
/* The DID of an organisation: its own where it has registered one. The view
 * has been taken from before. */
enum err access_did(char sees[STORE_SCOPE + 1], struct view *view,
    const char *name) CM_MUST_USE;

/* answer.c */
/* RFC 9457; parameter and wanted may be NULL. */
void answer_problem(struct http_response *r, unsigned status, const char *code,
    const char *parameter, const char *wanted, const char *fmt, ...)
    CM_PRINTF(6, 7);
/* Adds a member to a problem; name and json are JSON already. */
void answer_member(struct http_response *r, const char *name, struct span json);
void answer_member_str(
    struct http_response *r, const char *name, const char *text);
/* The title of a status. */
const char *answer_title(unsigned status);
/* Starts a JSON body in r. */
void answer_json(struct http_response *r, struct json_out *o);
enum err answer_done(
    struct http_response *r, unsigned status, const char *type) CM_MUST_USE;
/* Strong ETag over the body; cache: value of Cache-Control. */
void answer_cache(struct http_response *r, const char *cache);
#define CACHE_FOREVER "public, max-age=31536000, immutable"
#define CACHE_CHECK "no-cache"
#define CACHE_NEVER "no-store"
/* Members "asOf" and "log" of an answer. */
void answer_log(struct json_out *o, const struct call *c);

/* item.c: the story of one code. */
struct item {
	struct gs1_code code;
	struct buf subject; /* canonical form, NUL-terminated */
	struct custody *story;
	bool *whole; /* after item_whole(): one for each step */
};
/* gs1_read() of any scanned text, also of `01/…/21/…`; *fault is its result. */
enum err item_read(struct item *it, struct span text, enum err *fault,
    struct diag *d) CM_MUST_USE;
/* Its story below the call's snapshot; with the roster locked by the caller. */
enum err item_trace(
    struct call *c, struct roster *roster, struct item *it) CM_MUST_USE;
/* Which steps of the story the caller may see whole (api.md, Access). */
enum err item_whole(struct call *c, struct item *it) CM_MUST_USE;
/* Reads the path's code; *go is false when a problem has been written: it
 * cannot be read, or is not of one item. item_clear() in any case. */
enum err item_open(struct call *c, struct item *it, bool *go) CM_MUST_USE;
/* `01/…/21/…`: a Digital Link without its host. */
bool item_is_path(struct span text);
/* The parameter country; false when a problem has been written. */
bool item_country_ok(struct call *c);
void item_clear(struct item *it);

/* findings.c: does a text tell more of a step than all may read? Without one
 * nobody need ask which steps are whole, a query for each answer. */
bool findings_name_steps(const struct answer *a, const struct item *it);
/* The finding's text as the caller may read it, after item_whole() where
 * findings_name_steps(). */
const char *finding_text(const struct finding *f, const struct item *it);
const char *answer_sentence(const struct answer *a, const struct item *it);

/* handlers */
enum err page_index(struct call *c) CM_MUST_USE;
enum err page_log(struct call *c) CM_MUST_USE;
enum err verify_get(struct call *c) CM_MUST_USE;
enum err verify_post(struct call *c) CM_MUST_USE;
/* The signed verdict on one text, as the call's answer. */
enum err verify_answer(struct call *c, struct span text) CM_MUST_USE;
enum err resolver_link(struct call *c) CM_MUST_USE;
enum err resolver_page(struct call *c) CM_MUST_USE;
enum err resolver_well_known(struct call *c) CM_MUST_USE;
enum err resolver_context(struct call *c) CM_MUST_USE;
enum err items_state(struct call *c) CM_MUST_USE;
enum err items_history(struct call *c) CM_MUST_USE;
enum err items_proof(struct call *c) CM_MUST_USE;
enum err log_absence(struct call *c) CM_MUST_USE;
enum err log_checkpoint(struct call *c) CM_MUST_USE;
enum err log_checkpoint_pending(struct call *c) CM_MUST_USE;
enum err log_tile(struct call *c) CM_MUST_USE;
enum err log_entries(struct call *c) CM_MUST_USE;
enum err log_proof(struct call *c) CM_MUST_USE;
enum err log_consistency(struct call *c) CM_MUST_USE;
enum err did_authority(struct call *c) CM_MUST_USE;
enum err did_organisation(struct call *c) CM_MUST_USE;
enum err did_device(struct call *c) CM_MUST_USE;
enum err ops_health(struct call *c) CM_MUST_USE;
enum err ops_ready(struct call *c) CM_MUST_USE;
enum err ops_metrics(struct call *c) CM_MUST_USE;
enum err ops_openapi(struct call *c) CM_MUST_USE;

#endif
