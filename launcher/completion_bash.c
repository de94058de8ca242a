/* SPDX-License-Identifier: Apache-2.0 */
/* The script for bash: see completion.h. It needs no other package. bash makes
 * "--name=value" three words. */
#include "completion.h"

static const char head[] =
    "# bash completion for fanfold, made by 'fanfold completion bash'\n"
    "\n"
    "_fanfold_words()\n"
    "{\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$2\")\n"
    "}\n"
    "\n"
    "# Those that end so, and the way to them; all without an end.\n"
    "_fanfold_files() # WORD END...\n"
    "{\n"
    "    local word=$1 end\n"
    "    shift\n"
    "    compopt -o filenames\n"
    "    mapfile -t COMPREPLY < <(\n"
    "        compgen -d -- \"$word\"\n"
    "        for end; do\n"
    "            compgen -f -X \"!*$end\" -- \"$word\"\n"
    "        done | sort -u)\n"
    "}\n"
    "\n"
    "_fanfold()\n"
    "{\n"
    "    local word=$2 before=$3\n"
    "    COMPREPLY=()\n"
    "    if [[ $word == = ]]; then\n"
    "        word=\n"
    "    elif [[ $before == = ]]; then\n"
    "        before=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    fi\n"
    "    if ((COMP_CWORD == 1)); then\n"
    "        _fanfold_words '";
static const char tail[] =
    "    esac\n"
    "}\n"
    "complete -F _fanfold fanfold\n";

/* The spellings of an option, each after `between`. */
static void print_spellings(FILE *out, const struct option_row *row,
                            const char *between, const char *first)
{
    const char *separator = first;
    if (row->letter != 0) {
        fprintf(out, "%s-%c", separator, row->letter);
        separator = between;
    }
    if (row->name != NULL) {
        fprintf(out, "%s--%s", separator, row->name);
        separator = between;
    }
    if (row->alias != NULL)
        fprintf(out, "%s--%s", separator, row->alias);
}

/* What is completed behind an option that takes a value. */
static void print_value(FILE *out, const struct option_row *row)
{
    fputs("        ", out);
    print_spellings(out, row, " | ", "");
    fputs(") ", out);
    switch (completion_of(row)) {
    case COMPLETE_WORDS:
        fputs("_fanfold_words '", out);
        completion_words(out, row->words, " ");
        fputs("' \"$word\"; ", out);
        break;
    case COMPLETE_FILES:
        fputs("_fanfold_files \"$word\" ''; ", out);
        break;
    case COMPLETE_DIRECTORIES:
        fputs("_fanfold_files \"$word\"; ", out);
        break;
    case COMPLETE_NOTHING:
        break;
    }
    fputs("return ;;\n", out);
}

static void print_operands(FILE *out, const struct options *o)
{
    if (o->operand_command != NULL) {
        fprintf(out, "            if [[ $word == */* ]]; then\n"
                "                _fanfold_files \"$word\" .yaml\n"
                "            else\n"
                "                _fanfold_words \"$(%s 2>/dev/null)\" "
                "\"$word\"\n            fi", o->operand_command);
    } else if (o->operand_suffix != NULL) {
        fputs("            _fanfold_files \"$word\" .", out);
        completion_words(out, o->operand_suffix, " .");
    } else {
        fputs("            _fanfold_words '", out);
        completion_words(out, o->operand_words ? o->operand_words : "", " ");
        fputs("' \"$word\"", out);
    }
    fputc('\n', out);
}

static void print_command(FILE *out, const struct command *c)
{
    const struct options *o = c->options;
    fprintf(out, "    %s)\n        case $before in\n", c->name);
    for (size_t i = 0; i < o->n_rows; i++)
        if (completion_has(o, &o->row[i]) && !option_is_flag(&o->row[i])
            && (o->row[i].bare == NULL || o->row[i].words != NULL))
            print_value(out, &o->row[i]);
    fputs("        esac\n        if [[ $word == -* ]]; then\n"
          "            _fanfold_words '--help", out);
    for (size_t i = 0; i < o->n_rows; i++)
        if (completion_has(o, &o->row[i]))
            print_spellings(out, &o->row[i], " ", " ");
    fputs("' \"$word\"\n        else\n", out);
    print_operands(out, o);
    fputs("        fi ;;\n", out);
}

void completion_bash(FILE *out, const struct command *command,
                     size_t n_commands)
{
    fputs(head, out);
    for (size_t i = 0; i < n_commands; i++)
        fprintf(out, "%s ", command[i].name);
    fputs("help --help --version' \"$word\"\n        return\n    fi\n"
          "    case ${COMP_WORDS[1]} in\n    help)\n"
          "        _fanfold_words '", out);
    for (size_t i = 0; i < n_commands; i++)
        fprintf(out, "%s%s", i > 0 ? " " : "", command[i].name);
    fputs("' \"$word\" ;;\n", out);
    for (size_t i = 0; i < n_commands; i++)
        print_command(out, &command[i]);
    fputs(tail, out);
}
