-- SPDX-License-Identifier: Apache-2.0
SELECT to_regclass('public.migration') IS NOT NULL
