-- SPDX-License-Identifier: Apache-2.0
SELECT (SELECT page_count FROM pragma_page_count)
	- (SELECT freelist_count FROM pragma_freelist_count);
