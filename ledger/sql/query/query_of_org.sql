-- SPDX-License-Identifier: Apache-2.0
-- What concerns an organisation, and what anybody may read.
	AND o.org IN (@value, 'public'))
