#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A program that exists already, a thousand times, and what comes of all of it:
# how long do customers wait for a clerk who is busy four fifths of the time?
# Each run of the simulation prints the mean wait of 500 customers; of these
# numbers there are the mean, three quantiles, and which run was the worst. The
# same bits on any number of cores and nodes: sh queue.sh -n 1; sh queue.sh
fanfold run "$@" --range 0:1000 --fold mean=mean:wait \
    --fold wait=quantiles,0.1,0.5,0.9 --fold worst=argmax:wait -- \
    awk -v seed={} '
        function random() { x = x * 16807 % 2147483647; return x / 2147483647 }
        BEGIN {
            for (x = seed + 1; i < 20; i++) random()
            for (; n < 500; n++) {
                sum += wait
                wait += 0.8 * -log(random()) + log(random())
                if (wait < 0) wait = 0
            }
            print "customers=" n, "wait=" sum / n
        }'
