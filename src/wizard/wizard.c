/* SPDX-License-Identifier: Apache-2.0 */
#include "wizard/wizard.h"
