/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "event/receipt.h"
#include "event/statement.h"
#include "mqtt_link/mqtt_link.h"

#include "base/banned.h"

/*
 * The program itself, killed in the middle of its work, against a real broker
 * that is killed too. Behind the broker stands a ledger of a few lines that
 * remembers across both. Skipped (77) without mosquitto.
 */
#define SCANS 2000
#define RECEIPT "cm/1/main/dock-1/rc"

static char folder[64];
static int port;
static struct sign_key receipt_key;

static struct {
	pthread_mutex_t lock;
	uint64_t upto;
	uint64_t told; /* by the last receipt */
	struct hash head;
	bool broken; /* a hole or a fork */
	bool connected;
	bool deaf; /* takes nothing */
} ledger = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void
nap(int64_t ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	(void)nanosleep(&t, NULL);
}

static void
on_message(void *ctx, struct span topic, struct span payload, bool retained)
{
	struct statement s;

	(void)ctx;
	(void)topic;
	(void)retained;
	(void)pthread_mutex_lock(&ledger.lock);
	if (ledger.deaf) {
		(void)pthread_mutex_unlock(&ledger.lock);
		return;
	}
	if (statement_parse(&s, payload, NULL) != ERR_OK ||
	    statement_verify(&s, NULL) != ERR_OK) {
		ledger.broken = true;
	} else if (s.claims.seq == ledger.upto + 1) {
		if (!hash_equal(&s.claims.prev, &ledger.head))
			ledger.broken = true;
		ledger.head = statement_hash(&s);
		ledger.upto++;
	}
	(void)pthread_mutex_unlock(&ledger.lock);
}

static void
on_state(void *ctx, bool connected, const char *text)
{
	(void)ctx;
	(void)text;
	(void)pthread_mutex_lock(&ledger.lock);
	ledger.connected = connected;
	ledger.told = UINT64_MAX; /* say it again */
	(void)pthread_mutex_unlock(&ledger.lock);
}

static void
on_ack(void *ctx, uint64_t id, int reason)
{
	(void)ctx;
	(void)id;
	(void)reason;
}

/* Publishes the cumulative receipt when it has grown. */
static void
ledger_turn(struct mqtt_link *l)
{
	struct receipt r = { .log = "main", .device = "dock-1", .epoch = 1 };
	struct buf b = buf_heap(65536);
	bool due;

	(void)pthread_mutex_lock(&ledger.lock);
	r.upto_seq = ledger.upto;
	r.index = ledger.upto + 100;
	r.head = ledger.head;
	r.at_ms = clock_wall_ms();
	due = ledger.connected && ledger.told != ledger.upto;
	(void)pthread_mutex_unlock(&ledger.lock);
	if (due && receipt_sign(&b, &r, &receipt_key) == ERR_OK &&
	    mqtt_link_publish(l, RECEIPT, buf_span(&b), true, 1) == ERR_OK) {
		(void)pthread_mutex_lock(&ledger.lock);
		ledger.told = r.upto_seq;
		(void)pthread_mutex_unlock(&ledger.lock);
	}
	buf_free(&b);
}

static struct mqtt_link *
ledger_start(void)
{
	struct mqtt_link_options o = {
		.host = "127.0.0.1",
		.port = port,
		.client_id = "ingest",
		.user_name = "ingest",
		.subscribe = "cm/1/main/+/ev",
		.cb = { NULL, on_message, on_state, on_ack },
	};
	struct mqtt_link *l = NULL;

	assert_int_equal(mqtt_link_new(&l, &o, NULL), ERR_OK);
	return l;
}

static void
write_file(const char *name, const char *content, size_t n)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, n), n);
	(void)close(fd);
}

static void
write_conf(void)
{
	char hex[KEY_BYTES * 2 + 1], text[2048];
	int n;

	hex_print(hex, span_of(receipt_key.pub, KEY_BYTES));
	n = snprintf(text, sizeof(text),
	    "[agent]\nauthority = countermark.example\nlog = main\n"
	    "state = %s/state\nexit_when_drained = yes\n"
	    "[identity dock-1]\nkey = %s/key\n"
	    "[ledger]\nreceipt_key = %s\n"
	    "[mqtt]\nport = %d\n"
	    "[station]\nbizStep = receiving\n"
	    "[input scanner]\nkind = file\npath = %s/codes\n",
	    folder, folder, hex, port, folder);
	write_file("conf", text, (size_t)n);
	n = snprintf(text, sizeof(text),
	    "listener %d 127.0.0.1\nallow_anonymous true\n"
	    "max_inflight_messages 1000\nmax_queued_messages 100000\n",
	    port);
	write_file("mosquitto.conf", text, (size_t)n);
}

/* Starts a program with its output in folder/out; it dies with us. */
static pid_t
start(const char *const *argv, const char *out)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		char path[128];
		int fd;

		(void)snprintf(path, sizeof(path), "%s/%s", folder, out);
		fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
		(void)dup2(fd, STDOUT_FILENO);
		(void)dup2(fd, STDERR_FILENO);
		(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	return child;
}

static pid_t
start_broker(void)
{
	char path[128];
	const char *argv[] = { "mosquitto", "-c", path, NULL };

	(void)snprintf(path, sizeof(path), "%s/mosquitto.conf", folder);
	return start(argv, "mosquitto.log");
}

static pid_t
start_agent(void)
{
	char path[128];
	const char *argv[] = { CM_EDGE, "--config", path, "run", NULL };

	(void)snprintf(path, sizeof(path), "%s/conf", folder);
	return start(argv, "out");
}

static unsigned
stored(void)
{
	static char text[1 << 20];
	char path[128];
	unsigned n = 0;
	ssize_t got;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/out", folder);
	fd = open(path, O_RDONLY);
	got = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	text[got > 0 ? got : 0] = '\0';
	if (fd >= 0)
		(void)close(fd);
	for (const char *p = text; (p = strstr(p, "stored seq=")) != NULL; p++)
		n++;
	return n;
}

static void
kill_hard(pid_t child)
{
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

/* Turns the ledger until the agent ends; its exit code. */
static int
until_end(struct mqtt_link *l, pid_t agent)
{
	int status = 0;

	for (unsigned i = 0; i < 6000; i++) {
		ledger_turn(l);
		if (waitpid(agent, &status, WNOHANG) == agent)
			return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		nap(5);
	}
	kill_hard(agent);
	return -2;
}

static void
test_nothing_stored_is_lost(void **state)
{
	static char codes[SCANS * 40];
	pid_t broker = start_broker(), agent;
	struct mqtt_link *l;
	size_t at = 0;
	unsigned told;

	(void)state;
	for (unsigned i = 0; i < SCANS; i++)
		at += (size_t)snprintf(codes + at, sizeof(codes) - at,
		    "(01)09506000134352(21)K%06u\n", i);
	write_file("codes", codes, at);
	l = ledger_start();

	/* Killed with statements stored and none receipted. */
	ledger.deaf = true;
	agent = start_agent();
	for (unsigned i = 0; i < 1000 && stored() < 300; i++)
		nap(5);
	kill_hard(agent);
	told = stored();
	assert_true(told >= 300);

	/* Nothing new to scan; the broker dies in the middle of it. */
	write_file("codes", "", 0);
	(void)pthread_mutex_lock(&ledger.lock);
	ledger.deaf = false;
	(void)pthread_mutex_unlock(&ledger.lock);
	agent = start_agent();
	for (unsigned i = 0; i < 20; i++) {
		ledger_turn(l);
		nap(5);
	}
	kill_hard(broker);
	broker = start_broker();
	assert_int_equal(until_end(l, agent), 0);
	mqtt_link_free(l);
	kill_hard(broker);
	assert_false(ledger.broken);
	assert_true(ledger.upto >= told);
}

static int
setup(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof(a);
	char path[128];
	struct sign_key k;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (const struct sockaddr *)&a, n) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) != 0)
		return -1;
	port = ntohs(a.sin_port);
	(void)close(fd);
	(void)snprintf(folder, sizeof(folder), "/tmp/cm-broker-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	key_generate(&k);
	key_generate(&receipt_key);
	(void)snprintf(path, sizeof(path), "%s/key", folder);
	if (key_save(&k, path, NULL) != ERR_OK)
		return -1;
	write_conf();
	return 0;
}

static int
teardown(void **state)
{
	static const char *const names[] = { "key", "conf", "codes", "out",
		"mosquitto.conf", "mosquitto.log", "state/lock",
		"state/dock-1.outbox", "state/dock-1.outbox-wal",
		"state/dock-1.outbox-shm" };
	char path[128];

	(void)state;
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)unlink(path);
	}
	(void)snprintf(path, sizeof(path), "%s/state", folder);
	(void)rmdir(path);
	return rmdir(folder);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_nothing_stored_is_lost, setup, teardown),
	};

	/* Debian keeps it in sbin. */
	if (access("/usr/sbin/mosquitto", X_OK) != 0)
		return 77;
	if (setenv("PATH", "/usr/sbin:/usr/bin:/bin", 1) != 0)
		return 1;
	return crypto_start() != ERR_OK ||
	       cmocka_run_group_tests(tests, NULL, NULL);
}
