-- SPDX-License-Identifier: Apache-2.0
SELECT epoch, seq, head, acked, acked_head FROM chain WHERE one = 1;
