/* SPDX-License-Identifier: Apache-2.0 */
/* fanfold topo: the machine, and which of its cores a run would use. */
#include "cmd_topo.h"
#include "complain.h"
#include "machine.h"
#include "options.h"
#include "terminal.h"
#include "topo.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct request {
    bool json, svg;
    const char *topology;
};

static const char *set_json(void *into, const char *text)
{
    ((struct request *)into)->json = strcmp(text, "0") != 0;
    return NULL;
}

static const char *set_svg(void *into, const char *text)
{
    ((struct request *)into)->svg = strcmp(text, "0") != 0;
    return NULL;
}

static const char *set_topology(void *into, const char *text)
{
    if (*text == '\0')
        return "is empty";
    ((struct request *)into)->topology = text;
    return NULL;
}

static int no_operand(void *into, const char *word, struct ff_error *err)
{
    (void)into;
    return ff_error_set(err, FF_USAGE, "'%s' is no option of 'fanfold topo'; "
                        "another machine is named by --topology", word);
}

static const char *const headings[] = {"What is shown:"};

/* A row ends where nothing more is to be said. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

static const struct option_row rows[] = {
    {"json", 0, NULL, 1, "Show it as JSON", set_json},
    {"svg", 0, NULL, 1, "Show it as a drawing in SVG", set_svg},
    {"topology", 0, "MACHINE", 1,
     "Another machine: hwloc's XML file, or words like 'package:2 core:8 "
     "pu:2'", set_topology},
};

const struct options topo_options = {
    .command = "fanfold topo",
    .operands = "",
    .about = "Show the machine, and which of its cores a run would use.",
    .after = "Examples:\n"
             "  fanfold topo\n"
             "  fanfold topo --svg > machine.svg\n"
             "  fanfold topo --topology 'package:2 numa:2 core:32 pu:2'",
    .headings = headings,
    .n_headings = 1,
    .row = rows,
    .n_rows = sizeof rows / sizeof rows[0],
    .operand = no_operand,
};

static int show(const struct request *request, const struct machine *machine,
                struct ff_error *err)
{
    struct topo topo;
    int rc = 0, columns = 0, height;
    terminal_size(STDOUT_FILENO, &columns, &height);
    if (topo_init(&topo, machine, err) != 0)
        return -1;
    if (request->json)
        rc = topo_json("-", &topo, err);
    else if (request->svg)
        topo_svg(stdout, &topo);
    else
        topo_picture(stdout, &topo, terminal_utf8(), columns);
    if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout)))
        rc = ff_error_errno(err, FF_UNWRITTEN, "cannot write the picture");
    topo_release(&topo);
    return rc;
}

int cmd_topo(int argc, char **argv, char **all_argv, uint64_t started_ns)
{
    struct request request = {.topology = NULL};
    struct machine machine = {0};
    struct ff_error err = {0};
    (void)all_argv;
    (void)started_ns;
    if (options_command_line(&topo_options, argc, argv, &request, &err) == 0) {
        const struct machine_source source = {.topology = request.topology,
                                              .detail = true};
        if (request.json && request.svg)
            ff_error_set(&err, FF_USAGE, "--json and --svg: one of them");
        else if (machine_read(&machine, &source, &err) == 0)
            show(&request, &machine, &err);
    }
    machine_release(&machine);
    if (err.status != 0)
        complain(&err);
    return err.status;
}
