/* SPDX-License-Identifier: Apache-2.0 */
/* Text as doubles, against the C library's strtod, which rounds correctly
 * (GNU C Library manual, "Parsing of Floats"; IEEE 754), bit for bit. */
#include "decimal.h"
#include "tap.h"

#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 1;

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
static uint64_t draw(void)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t below(uint64_t n)
{
    return draw() % n;
}

static int n_cases(void)
{
    return tap_long() ? 5000000 : 100000;
}

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return isnan(x) ? UINT64_C(0x7ff8000000000000) : bits;
}

/* The same double as strtod's; the text has no zero byte behind it. */
static int is_wrong(const char *text)
{
    char copy[128];
    const size_t n = strlen(text);
    double got = 4711;
    memcpy(copy, text, n);
    memset(copy + n, '7', sizeof copy - n);
    const double wanted = strtod(text, NULL);
    if (decimal_parse(copy, n, &got) == 0 && bits_of(got) == bits_of(wanted))
        return 0;
    tap_note("'%s': %a, not %a", text, got, wanted);
    return 1;
}

/* Digits, with a point somewhere, a sign, and an exponent. */
static void random_text(char *text, unsigned max_digits, int max_exponent)
{
    const unsigned n = 1 + (unsigned)below(max_digits);
    const unsigned point = (unsigned)below(n + 2);
    const int exponent = (int)below(2 * (unsigned)max_exponent + 1)
                         - max_exponent;
    text += sprintf(text, "%s", below(3) == 0 ? "-" : below(9) == 0 ? "+" : "");
    for (unsigned i = 0; i < n; i++) {
        if (i == point)
            *text++ = '.';
        *text++ = (char)('0' + below(10));
    }
    *text = '\0';
    if (max_exponent > 0 && below(2) == 0)
        sprintf(text, below(2) == 0 ? "e%d" : "E%+d", exponent);
}

static void random_decimals(void)
{
    static const struct { unsigned digits; int exponent; } kinds[] = {
        {6, 0}, {17, 0}, {19, 10}, {19, 30}, {25, 40}, {40, 330}};
    char text[128];
    int n_wrong = 0;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        for (int i = 0; i < n_cases(); i++) {
            random_text(text, kinds[k].digits, kinds[k].exponent);
            n_wrong += is_wrong(text);
        }
    CU_ASSERT_EQUAL(n_wrong, 0);
}

/* Any double, written so that it reads back. */
static void doubles(void)
{
    char text[64];
    int n_wrong = 0;
    for (int i = 0; i < n_cases(); i++) {
        const uint64_t bits = draw();
        double x, back = 4711;
        memcpy(&x, &bits, sizeof x);
        const int n = sprintf(text, "%.17g", x);
        n_wrong += decimal_parse(text, (size_t)n, &back) != 0
                   || bits_of(back) != bits_of(x);
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
}

/* w * 10^power for w of n bits that lie in the middle between two doubles, and
 * their neighbours. */
static int ties_around(uint64_t w, int power)
{
    char text[64];
    int n_wrong = 0;
    for (int d = -1; d <= 1; d++) {
        sprintf(text, "%" PRIu64 "e%d", w + (uint64_t)(int64_t)d, power);
        n_wrong += is_wrong(text);
    }
    return n_wrong;
}

static void ties(void)
{
    const uint64_t low = UINT64_C(1) << 53;
    int n_wrong = 0;
    for (int i = 0; i < n_cases() / 10; i++) {
        uint64_t five = 1;
        for (int e = 0; e <= 22; e++, five *= 5) {
            /* j * 5^e is odd and of 54 bits: j * 10^e is a tie. */
            const uint64_t j = (low + below(low)) / five | 1;
            n_wrong += ties_around(j, e);
            /* n odd of 54 bits: (n * 5^e) / 10^e = n / 2^e is a tie. */
            if (e <= 3)
                n_wrong += ties_around(((low + below(low)) | 1) * five, -e);
        }
    }
    CU_ASSERT_EQUAL(n_wrong, 0);
}

/* Hard ones: V. Paxson, A program for testing IEEE decimal-binary conversion
 * (1991), table 1 and 2; D. M. Gay (1990), and the ends of the range. */
static void known_to_be_hard(void)
{
    static const char *const texts[] = {
        "5e+125", "69e+267", "999e-26", "7861e-34", "75569e-254",
        "928609e-261", "9210917e+80", "84863171e+114", "653777767e+273",
        "5232604057e-298", "27235667517e-109", "653532977297e-123",
        "3142213164987e-294", "46202199371337e-072", "231010996856685e-73",
        "9324754620109615e+212", "78459735791271921e+49",
        "272104041512242479e+200", "6802601037806061975e+198",
        "20505426358836677347e-221", "836168422905420598437e-234",
        "4891559871276714924261e+222", "9e-265", "85e-037", "623e+100",
        "3571e+263", "81661e+153", "920657e-023", "4603285e-024",
        "87575437e-309", "245540327e+122", "6138508175e+120",
        "83356057653e+193", "619534293513e+124", "2335141086879e+218",
        "36167929443327e-159", "609610927149051e-255", "3743626360493413e-165",
        "94080055902682397e-242", "899810892172646163e+283",
        "7120190517612959703e+120", "25188282901709339043e-252",
        "308984926168550152811e-052", "6372891218502368041059e+064",
        "1.7976931348623157e308", "1.7976931348623159e308", "1e309", "-1e400",
        "2.2250738585072014e-308", "2.2250738585072011e-308", "5e-324",
        "2e-324", "1e-400", "9007199254740993", "9007199254740992.5",
        "0.1", "0", "-0", "-0.0", "0e99", "000000000000000000000000000001",
        "0.000000000000000000000000000001", ".5", "5.", "+7", "1e+5", "1E-5",
        "18446744073709551615", "9999999999999999999", "1e27", "1e-27",
        "9999999999999999999e27", "9999999999999999999e-27", "1e28", "1e-28"};
    int n_wrong = 0;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        n_wrong += is_wrong(texts[i]);
    CU_ASSERT_EQUAL(n_wrong, 0);
}

static void other_forms(void)
{
    static const char *const texts[] = {
        "inf", "-inf", "INFINITY", "nan", "-nan", "NaN", "0x1.8p3", "-0X10",
        "0x1p-1074"};
    int n_wrong = 0;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        n_wrong += is_wrong(texts[i]);
    CU_ASSERT_EQUAL(n_wrong, 0);
}

static void blanks(void)
{
    static const char *const texts[] = {"1.5 ", " 1.5", "\t1.5\r", "  1.5 \t"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double x = 0;
        CU_ASSERT_EQUAL(decimal_parse(texts[i], strlen(texts[i]), &x), 0);
        CU_ASSERT_EQUAL(x, 1.5);
    }
}

static void no_numbers(void)
{
    static const char *const texts[] = {
        "", " ", "abc", "1,5", "1.5x", "1 2", "1e", "1e+", "e5", ".", "-",
        "+-1", "--1", "- 1", "1.2.3", "0x", "1_000", "one", "\v1", "\n1",
        "1\n", "infinit", "1e5.5", "1e99999x", "123456789012345678901234x"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double x = 4711;
        const int rc = decimal_parse(texts[i], strlen(texts[i]), &x);
        CU_ASSERT_EQUAL(rc, -1);
        CU_ASSERT_EQUAL(x, 4711);
        if (rc != -1)
            tap_note("'%s' was read as %g", texts[i], x);
    }
    double x = 4711;
    CU_ASSERT_EQUAL(decimal_parse("1\0", 2, &x), -1);
    CU_ASSERT_EQUAL(decimal_parse("nan\0", 4, &x), -1);
}

/* Longer than any buffer of ours. */
static void long_texts(void)
{
    enum { N = 100000 };
    char *text = malloc(N);
    double x = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    memset(text, '0', N);
    text[N - 1] = '7';
    CU_ASSERT_EQUAL(decimal_parse(text, N, &x), 0);
    CU_ASSERT_EQUAL(x, 7);
    text[1] = '.';
    text[2] = '3';
    CU_ASSERT_EQUAL(decimal_parse(text, N, &x), 0);
    CU_ASSERT_EQUAL(x, 0.3);
    text[N - 1] = 'x';
    CU_ASSERT_EQUAL(decimal_parse(text, N, &x), -1);
    free(text);
}

/* A kernel may have set another locale, with a comma for the point. */
static void locale(void)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8",
                                        "de_DE.utf8"};
    double x = 0;
    bool set = false;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && !set; i++)
        set = setlocale(LC_ALL, names[i]) != NULL;
    if (!set) {
        tap_skip("no locale with a decimal comma is installed");
        return;
    }
    CU_ASSERT_EQUAL(decimal_parse("1.5e-300", 8, &x), 0);
    CU_ASSERT_EQUAL(x, 1.5e-300);
    CU_ASSERT_EQUAL(decimal_parse("1,5e-300", 8, &x), -1);
    setlocale(LC_ALL, "C");
}

int main(void)
{
    static const struct tap_test tests[] = {
        {"random decimals", random_decimals},
        {"any double reads back", doubles},
        {"the middle between two doubles", ties},
        {"decimals that are known to be hard", known_to_be_hard},
        {"infinities, NaN, hexadecimal", other_forms},
        {"blanks around it", blanks},
        {"what is no number", no_numbers},
        {"long texts", long_texts},
        {"another locale", locale},
    };
    return TAP_RUN(tests);
}
