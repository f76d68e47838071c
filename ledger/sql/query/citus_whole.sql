-- SPDX-License-Identifier: Apache-2.0
SELECT create_reference_table(format('public.%I', $1::text)::regclass)
