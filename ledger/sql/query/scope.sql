-- SPDX-License-Identifier: Apache-2.0
SELECT set_config('countermark.org', $1::text, false),
	set_config('countermark.reader', $2::text, false)
