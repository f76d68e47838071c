-- SPDX-License-Identifier: Apache-2.0
OFFSET 0) h
