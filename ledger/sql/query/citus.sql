-- SPDX-License-Identifier: Apache-2.0
-- Whether the server has the extension, and whether this database does.
SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'citus'),
	EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')
