/* SPDX-License-Identifier: Apache-2.0 */
/*
 * countermark-load: enrols devices, signs all their statements beforehand,
 * publishes them over one MQTT 5 connection a device and waits for the
 * receipts. Prints one JSON object.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

#include "load_internal.h"

#include "base/banned.h"

static int
usage(void)
{
	fputs("usage: countermark-load --mqtt HOST:PORT --log NAME "
	      "--authority HOST [--gateway SOCKET]\n"
	      "  [--org NAME] [--prefix NAME] [--first N] [--devices N] "
	      "[--each N] [--events N]\n"
	      "  [--epcs N] [--window N] [--rate PER_S] [--patience S]\n",
	    stderr);
	return 64;
}

static int
by_size(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static void
print_result(const struct load_result *r, const struct load_options *o,
    double verify_rate, size_t bytes)
{
	size_t n = r->latency_count;
	double rate = (double)n / r->seconds;

	qsort(r->latency_us, n, sizeof *r->latency_us, by_size);
	printf("{\"devices\":%u,\"statements\":%zu,\"events\":%zu,"
	       "\"epcs\":%zu,\"statement_bytes\":%zu,\"seconds\":%.3f,"
	       "\"rate_per_s\":%.0f,\"events_per_s\":%.0f,\"epcs_per_s\":%.0f,"
	       "\"p50_ms\":%.1f,\"p99_ms\":%.1f,\"max_ms\":%.1f,"
	       "\"resends\":%llu,\"verify_rate_per_s\":%.0f,\"ratio\":%.3f}\n",
	    o->devices, n, n * o->events, n * o->events * o->epcs, bytes,
	    r->seconds, rate, rate * o->events, rate * o->events * o->epcs,
	    (double)r->latency_us[n / 2] / 1e3,
	    (double)r->latency_us[n * 99 / 100] / 1e3,
	    (double)r->latency_us[n - 1] / 1e3, (unsigned long long)r->resends,
	    verify_rate, rate / verify_rate);
}

static bool
parse(struct load_options *o, int argc, char **argv, char *host)
{
	static const struct option longs[] = { { "mqtt", 1, NULL, 'm' },
		{ "log", 1, NULL, 'l' }, { "authority", 1, NULL, 'a' },
		{ "gateway", 1, NULL, 'g' }, { "org", 1, NULL, 'o' },
		{ "prefix", 1, NULL, 'x' }, { "first", 1, NULL, 'f' },
		{ "devices", 1, NULL, 'd' }, { "each", 1, NULL, 'n' },
		{ "events", 1, NULL, 'e' }, { "epcs", 1, NULL, 'c' },
		{ "window", 1, NULL, 'w' }, { "rate", 1, NULL, 'r' },
		{ "patience", 1, NULL, 'p' }, { NULL, 0, NULL, 0 } };
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		unsigned long v =
		    optarg != NULL ? strtoul(optarg, NULL, 10) : 0;
		switch (c) {
		case 'm':
			if (sscanf(optarg, "%63[^:]:%d", host, &o->port) != 2)
				return false;
			break;
		case 'l':
			o->log = optarg;
			break;
		case 'a':
			o->authority = optarg;
			break;
		case 'g':
			o->gateway = optarg;
			break;
		case 'o':
			o->organisation = optarg;
			break;
		case 'x':
			o->prefix = optarg;
			break;
		case 'f':
			o->first = (unsigned)v;
			break;
		case 'd':
			o->devices = (unsigned)v;
			break;
		case 'n':
			o->each = (unsigned)v;
			break;
		case 'e':
			o->events = (unsigned)v;
			break;
		case 'c':
			o->epcs = (unsigned)v;
			break;
		case 'w':
			o->window = (unsigned)v;
			break;
		case 'r':
			o->rate = strtod(optarg, NULL);
			break;
		case 'p':
			o->patience = (unsigned)v;
			break;
		default:
			return false;
		}
	}
	return o->port > 0 && o->log != NULL && o->authority != NULL &&
	       o->devices > 0 && o->each > 0;
}

int
main(int argc, char **argv)
{
	char host[64];
	struct load_options o = { .host = host,
		.organisation = "demo",
		.prefix = "load",
		.devices = 100,
		.each = 600,
		.events = 1,
		.epcs = 1,
		.window = 64,
		.patience = 30 };
	struct load_result result = { 0 };
	struct diag d = { 0 };

	if (!parse(&o, argc, argv, host))
		return usage();
	struct load_device *devices = calloc(o.devices, sizeof *devices);
	if (devices == NULL || crypto_start() != ERR_OK)
		return 1;
	for (unsigned i = 0; i < o.devices; i++) {
		snprintf(devices[i].name, sizeof devices[i].name, "%.40s-%u",
		    o.prefix, o.first + i);
		key_generate(&devices[i].key);
	}
	enum err e = load_make(devices, &o, &d);
	double verify_rate = e == ERR_OK ? load_verify_rate(devices, &o) : 0;
	if (e == ERR_OK && o.gateway != NULL)
		e = load_enrol(devices, &o, &d);
	if (e == ERR_OK)
		e = load_run(&result, devices, &o, &d);
	if (e != ERR_OK) {
		fprintf(
		    stderr, "countermark-load: %s: %s\n", err_name(e), d.text);
		return 1;
	}
	print_result(&result, &o, verify_rate, devices[0].statements[0].n);
	return 0;
}
