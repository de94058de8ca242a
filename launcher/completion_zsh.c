/* SPDX-License-Identifier: Apache-2.0 */
/* The script for zsh: see completion.h. Also what is sourced: it then calls
 * compdef itself. */
#include "completion.h"

#include <string.h>

/* Text inside '...[here]...'. */
static void print_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '\'')
            fputs("'\\''", out);
        else if (strchr("[]:\\", *text) != NULL)
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
}

static void print_spelling(FILE *out, const struct option_row *row,
                           const char *dashes, const char *name, bool letter)
{
    char about[128];
    fprintf(out, "            '%s%s%s%s[",
            row->repeat != OPTION_ONCE ? "*" : "", dashes, name,
            option_is_flag(row) ? ""
            : row->bare != NULL ? "=-" : letter ? "+" : "=");
    print_text(out, completion_about(row, about));
    fputc(']', out);
    if (!option_is_flag(row)) {
        fputs(row->bare != NULL ? "::" : ":", out);
        print_text(out, row->value);
        fputc(':', out);
    }
    switch (completion_of(row)) {
    case COMPLETE_WORDS:
        fputc('(', out);
        completion_words(out, row->words, " ");
        fputc(')', out);
        break;
    case COMPLETE_FILES:
        fputs("_files", out);
        break;
    case COMPLETE_DIRECTORIES:
        fputs("_files -/", out);
        break;
    case COMPLETE_NOTHING:
        break;
    }
    fputs("' \\\n", out);
}

static void print_row(FILE *out, const struct option_row *row)
{
    const char letter[2] = {row->letter, '\0'};
    if (row->letter != 0)
        print_spelling(out, row, "-", letter, true);
    if (row->name != NULL)
        print_spelling(out, row, "--", row->name, false);
    if (row->alias != NULL)
        print_spelling(out, row, "--", row->alias, false);
}

static void print_command(FILE *out, const struct command *c)
{
    const struct options *o = c->options;
    fprintf(out, "    %s)\n        _arguments -s \\\n", c->name);
    fputs("            '--help[Show this help]' \\\n", out);
    for (size_t i = 0; i < o->n_rows; i++)
        if (completion_has(o, &o->row[i]))
            print_row(out, &o->row[i]);
    if (o->operand_command != NULL) {
        fprintf(out, "            '*:word:{compadd -- $(%s 2>/dev/null); "
                "_files -g \"*.yaml(-.)\"}'", o->operand_command);
    } else if (o->operand_suffix != NULL) {
        fputs("            '*:file:_files -g \"*.(", out);
        completion_words(out, o->operand_suffix, "|");
        fputs(")(-.)\"'", out);
    } else {
        fputs("            '*:word:(", out);
        completion_words(out, o->operand_words ? o->operand_words : "", " ");
        fputs(")'", out);
    }
    fputs("\n        ;;\n", out);
}

void completion_zsh(FILE *out, const struct command *command,
                    size_t n_commands)
{
    fputs("#compdef fanfold\n"
          "# zsh completion for fanfold, made by 'fanfold completion zsh'\n\n"
          "_fanfold()\n{\n    local -a commands\n    commands=(\n", out);
    for (size_t i = 0; i < n_commands; i++) {
        fprintf(out, "        '%s:", command[i].name);
        print_text(out, command[i].about);
        fputs("'\n", out);
    }
    fputs("        'help:tell about a command'\n    )\n"
          "    if ((CURRENT == 2)); then\n"
          "        _describe -t commands command commands\n"
          "        return\n    fi\n"
          "    shift words\n    ((CURRENT--))\n"
          "    case $words[1] in\n"
          "    help)\n        _describe -t commands command commands ;;\n",
          out);
    for (size_t i = 0; i < n_commands; i++)
        print_command(out, &command[i]);
    fputs("    esac\n}\n\n"
          "if [[ $funcstack[1] == _fanfold ]]; then\n    _fanfold \"$@\"\n"
          "else\n    compdef _fanfold fanfold\nfi\n", out);
}
