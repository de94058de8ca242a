/* SPDX-License-Identifier: Apache-2.0 */
/* Predictions: see lab_predict.h. */
#include "lab_predict.h"
#include "number.h"
#include "terminal.h"
#include "wrap.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A number, with the unit that is asked for or a "%" behind it, or not. */
static bool read_figure(char *line, const char *unit, double *out)
{
    size_t n = strlen(line);
    const size_t n_unit = strlen(unit);
    while (n > 0 && isspace((unsigned char)line[n - 1]))
        n--;
    if (n_unit > 0 && n > n_unit
        && strncmp(line + n - n_unit, unit, n_unit) == 0)
        n -= n_unit;
    else if (n > 0 && line[n - 1] == '%')
        n--;
    while (n > 0 && isspace((unsigned char)line[n - 1]))
        n--;
    line[n] = '\0';
    while (isspace((unsigned char)*line))
        line++;
    return number_f64(line, out) == 0 && isfinite(*out);
}

static bool is_empty(const char *line)
{
    return line[strspn(line, " \t\r\n")] == '\0';
}

/* One question; 1: standard input has ended. */
static int ask(FILE *out, const struct lab *lab, const struct lab_claim *claim,
               struct lab_prediction *p, struct ff_error *err)
{
    const struct lab_column *c =
        &lab->table[claim->of.table].column[claim->of.column];
    const char *unit = claim->is_ratio ? "times" : c->unit;
    size_t n_ask = strlen(claim->ask); /* YAML may end it with a newline */
    while (n_ask > 0 && claim->ask[n_ask - 1] == '\n')
        n_ask--;
    int tries = isatty(STDIN_FILENO) ? 2 : 1;
    char *line = NULL;
    size_t room = 0;
    int rc = 0;
    for (;;) {
        wrap_print(out, "%.*s%s%s%s\n", (int)n_ask, claim->ask,
                   unit[0] != '\0' ? " [" : "", unit,
                   unit[0] != '\0' ? "]" : "");
        fflush(out);
        errno = 0;
        if (getline(&line, &room, stdin) < 0) {
            rc = 1;
            break;
        }
        if (is_empty(line))
            break;
        p->given = read_figure(line, unit, &p->figure);
        if (p->given)
            break;
        if (--tries == 0) {
            line[strcspn(line, "\n")] = '\0';
            rc = ff_error_set(err, FF_USAGE, "'%.100s' is no number", line);
            break;
        }
        fprintf(out, "That is no number; an empty line skips the "
                "question.\n");
    }
    free(line);
    return rc;
}

int lab_predict_ask(FILE *out, const struct lab *lab,
                    struct lab_prediction *prediction, struct ff_error *err)
{
    bool ended = false;
    for (size_t i = 0; i < lab->n_claims; i++) {
        prediction[i] = (struct lab_prediction){.given = false};
        if (lab->claim[i].ask == NULL || ended)
            continue;
        const int rc = ask(out, lab, &lab->claim[i], &prediction[i], err);
        if (rc < 0)
            return -1;
        ended = rc > 0;
    }
    fputc('\n', out);
    return 0;
}

void lab_predict_off(char out[LAB_OFF], double said, double measured)
{
    const double factor = said / measured;
    if (said == measured)
        snprintf(out, LAB_OFF, "exact");
    else if (!isfinite(factor) || factor <= 0)
        snprintf(out, LAB_OFF, "%.3g too %s", fabs(said - measured),
                 said > measured ? "high" : "low");
    else if (factor >= 1.2 || factor <= 1 / 1.2)
        snprintf(out, LAB_OFF, "%.3g times too %s",
                 factor > 1 ? factor : 1 / factor,
                 said > measured ? "high" : "low");
    else
        snprintf(out, LAB_OFF, "%.2g %% too %s",
                 fabs(said - measured) / fabs(measured) * 100,
                 said > measured ? "high" : "low");
}
