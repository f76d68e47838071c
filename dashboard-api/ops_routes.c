/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include "api.h"
#include "openapi_yaml.h"

#include "base/banned.h"

enum err
ops_health(struct call *c)
{
	struct json_out o;

	answer_json(c->res, &o);
	json_out_object(&o, NULL);
	json_out_str(&o, "status", "ok");
	json_out_end_object(&o);
	http_header(c->res, "Cache-Control", "%s", CACHE_NEVER);
	return answer_done(c->res, 200, "application/json");
}

/* Ready: the database answers, a checkpoint is published and it is fresh. */
enum err
ops_ready(struct call *c)
{
	enum err e = call_snapshot(c);
	int64_t age;
	struct json_out o;

	if (e != ERR_OK)
		return e;
	age = clock_wall_ms() - c->snap->published_ms;
	if (age > c->api->conf->max_age_ms) {
		answer_problem(c->res, 503, "stale", NULL, NULL,
		    "the newest checkpoint is %lld ms old, wanted at most "
		    "%lld",
		    (long long)age, (long long)c->api->conf->max_age_ms);
		http_header(c->res, "Retry-After", "1");
		return ERR_OK;
	}
	answer_json(c->res, &o);
	json_out_object(&o, NULL);
	json_out_str(&o, "status", "ready");
	json_out_int(&o, "size", (int64_t)c->snap->size);
	json_out_int(&o, "age", age);
	json_out_end_object(&o);
	http_header(c->res, "Cache-Control", "%s", CACHE_NEVER);
	return answer_done(c->res, 200, "application/json");
}

enum err
ops_metrics(struct call *c)
{
	struct api_metrics *m = &c->api->metrics;
	struct metric *all[API_METRICS] = { &m->ok, &m->refused, &m->failed,
		&m->seconds, &m->database_errors, &m->size, &m->capture_jobs,
		&m->capture_statements, &m->capture_refused, &m->deliveries,
		&m->delivery_failures, &m->delivered_events, &m->lag,
		&m->rate_limited, &m->map_entries, &m->map_keys, &m->map_bytes,
		&m->map_differences, &m->map_follow, &m->proof_seconds };
	size_t n = 20;

	for (unsigned i = 0; i < VERDICTS; i++)
		all[n++] = &m->verdicts[i];
	metrics_print(&c->res->body, all, n);
	http_header(c->res, "Cache-Control", "%s", CACHE_NEVER);
	return answer_done(c->res, 200,
	    "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

enum err
ops_openapi(struct call *c)
{
	buf_put(&c->res->body, span_of(openapi_yaml, sizeof(openapi_yaml)));
	answer_cache(c->res, "public, max-age=3600");
	return answer_done(c->res, 200, "application/yaml");
}
