-- SPDX-License-Identifier: Apache-2.0
-- For the audit's transaction: windows of rows are sorted in memory and read to
-- their end, and no plan is worth compiling.
SELECT set_config('work_mem', '32MB', true), set_config('jit', 'off', true),
	set_config('cursor_tuple_fraction', '1', true)
