-- SPDX-License-Identifier: Apache-2.0
SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'citus')
