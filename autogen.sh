#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes ./configure. Needed in a fresh clone only: afterwards make runs it
# again by itself when configure.ac or a fragment changes.
set -eu
cd "$(dirname "$0")"

for pair in autoconf:autoconf automake:automake aclocal:automake \
    libtoolize:libtool pkg-config:pkg-config; do
    command -v "${pair%%:*}" >/dev/null || {
        echo "autogen.sh: error: cannot find '${pair%%:*}'" \
             "(Debian package ${pair##*:})" >&2
        exit 1
    }
done
exec autoreconf --install
