-- SPDX-License-Identifier: Apache-2.0
SELECT number, name FROM migration ORDER BY number
