-- SPDX-License-Identifier: Apache-2.0
-- Bounds on the server's side: a statement, a transaction whose client is
-- gone, and the time until a vanished host's session (and its lock) ends.
-- No JIT: statements are short, and compiling one takes longer than running it.
SELECT set_config('jit', 'off', false),
	set_config('statement_timeout', $1::text, false),
	set_config('idle_in_transaction_session_timeout', $1::text, false),
	set_config('search_path', 'public', false),
	set_config('synchronous_commit', 'on', false),
	set_config('tcp_keepalives_idle', '2', false),
	set_config('tcp_keepalives_interval', '1', false),
	set_config('tcp_keepalives_count', '3', false)
