/* SPDX-License-Identifier: Apache-2.0 */
#include "sender.h"

#include "base/banned.h"

/* base plus up to a quarter, so that a fleet does not move in step. */
static int64_t
sender_spread(struct sender *s, int64_t base)
{
	s->jitter = s->jitter * 1664525u + 1013904223u;
	return base + (int64_t)((s->jitter >> 16) % (uint32_t)(base / 4 + 1));
}

void
sender_init(
    struct sender *s, uint64_t acked, uint64_t last, bool hello, uint32_t seed)
{
	*s = (struct sender){
		.acked = acked,
		.last = last,
		.next = acked + 1,
		.window = SENDER_WINDOW_START,
		.hello = hello,
		.resend_ms = SENDER_RESEND_MS,
		.jitter = seed,
	};
}

void
sender_stored(struct sender *s, uint64_t last)
{
	s->last = last;
}

/* Everything without a receipt goes out again. */
static void
sender_rewind(struct sender *s)
{
	s->next = s->acked + 1;
	s->resend_at = 0;
	s->probe_out = false;
}

static void
sender_resume(struct sender *s)
{
	s->pause_until = 0;
	s->pause_ms = 0;
	s->probing = false;
	s->probe_out = false;
}

void
sender_connected(struct sender *s, int64_t now)
{
	s->connected = true;
	sender_rewind(s);
	sender_resume(s);
	if (!s->hello)
		s->hold_until = now + SENDER_HELLO_MS;
}

void
sender_disconnected(struct sender *s)
{
	s->connected = false;
	sender_rewind(s);
	sender_resume(s);
}

uint64_t
sender_next(struct sender *s, int64_t now)
{
	if (!s->connected || s->stop != SENDER_GOES || s->next > s->last)
		return 0;
	if ((!s->hello && now < s->hold_until) || now < s->pause_until)
		return 0;
	if (s->probing && s->probe_out)
		return 0;
	if (s->next - s->acked > s->window)
		return 0;
	return s->next;
}

void
sender_sent(struct sender *s, int64_t now)
{
	s->next++;
	s->probe_out = s->probing;
	if (s->resend_at == 0)
		s->resend_at = now + sender_spread(s, s->resend_ms);
}

static void
sender_pause(struct sender *s, uint64_t seq, int64_t now)
{
	if (seq > s->acked && seq < s->next)
		s->next = seq;
	s->probe_out = false;
	/* One refused burst is one back-off, however many acknowledgements
	 * it brings. */
	if (now < s->pause_until)
		return;
	s->pause_ms = s->pause_ms == 0 ? SENDER_PAUSE_MS : s->pause_ms * 2;
	if (s->pause_ms > SENDER_PAUSE_MAX_MS)
		s->pause_ms = SENDER_PAUSE_MAX_MS;
	s->pause_until = now + sender_spread(s, s->pause_ms);
	s->probing = true;
	if (s->next == s->acked + 1)
		s->resend_at = 0;
}

void
sender_puback(struct sender *s, uint64_t seq, int reason, int64_t now)
{
	switch (reason) {
	case -1: /* the state change that follows resends */
		break;
	case 0x00:
		if (s->probe_out && now >= s->pause_until)
			sender_resume(s);
		break;
	case 0x87:
		s->stop = SENDER_REFUSED;
		break;
	case 0x95:
		s->defects++;
		s->stop = SENDER_DEFECT;
		break;
	default: /* 0x10 nobody there, 0x97 quota, other refusals */
		sender_pause(s, seq, now);
		break;
	}
}

void
sender_receipt(struct sender *s, uint64_t upto, int64_t now)
{
	s->hello = true;
	sender_resume(s);
	if (upto <= s->acked)
		return;
	s->acked = upto;
	if (s->next <= upto)
		s->next = upto + 1;
	if (s->window < SENDER_WINDOW_MAX)
		s->window++;
	s->resend_ms = SENDER_RESEND_MS;
	s->resend_at = 0;
	if (s->next > s->acked + 1)
		s->resend_at = now + sender_spread(s, s->resend_ms);
}

bool
sender_gap(struct sender *s, uint64_t seq, int64_t now)
{
	if (seq != s->acked + 1 || s->next <= seq)
		return false;
	if (s->gap_at != 0 && now - s->gap_at < SENDER_GAP_MS)
		return false;
	s->gap_at = now;
	sender_rewind(s);
	return true;
}

void
sender_stop(struct sender *s)
{
	s->stop = SENDER_ORDERED;
}

static int64_t
sender_earlier(int64_t best, int64_t at, int64_t now)
{
	int64_t wait = at > now ? at - now : 0;

	return best < 0 || wait < best ? wait : best;
}

int64_t
sender_tick(struct sender *s, int64_t now)
{
	int64_t wait = -1;

	if (!s->connected || s->stop != SENDER_GOES)
		return -1;
	if (s->resend_at != 0 && now >= s->resend_at) {
		s->resends++;
		s->window = s->window > 1 ? s->window / 2 : 1;
		s->resend_ms *= 2;
		if (s->resend_ms > SENDER_RESEND_MAX_MS)
			s->resend_ms = SENDER_RESEND_MAX_MS;
		sender_rewind(s);
	}
	if (s->resend_at != 0)
		wait = sender_earlier(wait, s->resend_at, now);
	if (s->next <= s->last && now < s->pause_until)
		wait = sender_earlier(wait, s->pause_until, now);
	if (s->next <= s->last && !s->hello && now < s->hold_until)
		wait = sender_earlier(wait, s->hold_until, now);
	return wait;
}
