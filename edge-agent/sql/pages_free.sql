-- SPDX-License-Identifier: Apache-2.0
SELECT freelist_count FROM pragma_freelist_count;
