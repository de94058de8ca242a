/* SPDX-License-Identifier: Apache-2.0 */
/* The script for fish: see completion.h. */
#include "completion.h"

/* In quotes. */
static void print_text(FILE *out, const char *text)
{
    fputc('\'', out);
    for (; *text != '\0'; text++)
        fprintf(out, "%s%c", *text == '\'' || *text == '\\' ? "\\" : "",
                *text);
    fputc('\'', out);
}

static void print_value(FILE *out, const struct option_row *row)
{
    switch (completion_of(row)) {
    case COMPLETE_WORDS:
        fputs(" -x -a '", out);
        completion_words(out, row->words, " ");
        fputc('\'', out);
        break;
    case COMPLETE_FILES:
        fputs(" -r -F", out);
        break;
    case COMPLETE_DIRECTORIES:
        fputs(" -x -a '(__fish_complete_directories)'", out);
        break;
    case COMPLETE_NOTHING:
        fputs(option_is_flag(row) || row->bare != NULL ? "" : " -x", out);
        break;
    }
}

static void print_row(FILE *out, const char *command,
                      const struct option_row *row)
{
    char about[128];
    fprintf(out, "complete -c fanfold -n '__fish_seen_subcommand_from %s'",
            command);
    if (row->letter != 0)
        fprintf(out, " -s %c", row->letter);
    if (row->name != NULL)
        fprintf(out, " -l %s", row->name);
    if (row->alias != NULL)
        fprintf(out, " -l %s", row->alias);
    print_value(out, row);
    fputs(" -d ", out);
    print_text(out, completion_about(row, about));
    fputc('\n', out);
}

static void print_operands(FILE *out, const struct command *c)
{
    const struct options *o = c->options;
    if (o->operand_suffix == NULL && o->operand_words == NULL
        && o->operand_command == NULL)
        return;
    fprintf(out, "complete -c fanfold -n '__fish_seen_subcommand_from %s' "
            "-k -a '", c->name);
    if (o->operand_command != NULL) {
        fprintf(out, "(%s 2>/dev/null)", o->operand_command);
    } else if (o->operand_suffix != NULL) {
        fprintf(out, "(__fish_complete_path (commandline -ct) | string match "
                "-re \"([.](%s)|/)(\\s|\\$)\")", o->operand_suffix);
    } else {
        completion_words(out, o->operand_words, " ");
    }
    fputs("'\n", out);
}

static void print_command(FILE *out, const struct command *c)
{
    static const struct option_row help = {
        .name = "help", .letter = 'h', .help = "Show this help"};
    fprintf(out, "complete -c fanfold -n __fish_use_subcommand -a %s -d ",
            c->name);
    print_text(out, c->about);
    fputc('\n', out);
    print_row(out, c->name, &help);
    for (size_t i = 0; i < c->options->n_rows; i++)
        if (completion_has(c->options, &c->options->row[i]))
            print_row(out, c->name, &c->options->row[i]);
    print_operands(out, c);
}

void completion_fish(FILE *out, const struct command *command,
                     size_t n_commands)
{
    fputs("# fish completion for fanfold, made by 'fanfold completion fish'\n"
          "complete -c fanfold -f\n"
          "complete -c fanfold -n __fish_use_subcommand -l version "
          "-d 'Print the version'\n"
          "complete -c fanfold -n __fish_use_subcommand -a help "
          "-d 'tell about a command'\n", out);
    for (size_t i = 0; i < n_commands; i++)
        print_command(out, &command[i]);
    fputs("complete -c fanfold -n '__fish_seen_subcommand_from help' -a '",
          out);
    for (size_t i = 0; i < n_commands; i++)
        fprintf(out, "%s%s", i > 0 ? " " : "", command[i].name);
    fputs("'\n", out);
}
