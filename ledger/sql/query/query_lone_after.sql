-- SPDX-License-Identifier: Apache-2.0
x WHERE (x.idx, x.pos) @op (@index, @pos)
