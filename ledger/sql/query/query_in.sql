-- SPDX-License-Identifier: Apache-2.0
AND (e.idx, e.pos) IN
