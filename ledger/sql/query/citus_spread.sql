-- SPDX-License-Identifier: Apache-2.0
SELECT create_distributed_table(format('public.%I', $1::text)::regclass,
	'log_id', colocate_with => $2::text)
