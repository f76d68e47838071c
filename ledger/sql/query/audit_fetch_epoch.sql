-- SPDX-License-Identifier: Apache-2.0
FETCH FORWARD 4096 FROM audit_epoch
