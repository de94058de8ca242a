/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fanfold.h - what a C kernel includes.
 *
 * A kernel is one function over a chunk of items, [begin, end), and the
 * results it folds into. It needs no MPI, no threads and no library: the file
 * is compiled into a shared object and opened by the workers.
 *
 *     #include <fanfold.h>
 *
 *     FF_ITEMS(1000000)
 *     FF_SUM(total)
 *
 *     FF_KERNEL(ff, begin, end)
 *     {
 *         for (uint64_t i = begin; i < end; i++)
 *             ff_sum(ff, total, 1.0 / (i + 1));
 *     }
 *
 * Rules for a kernel
 *  - It may be called from several threads at once, each with its own `ff`.
 *    Variables of file scope are shared by the threads of one worker and by
 *    nobody else: do not keep results in them.
 *  - An item is counted once, but may be run more than once (when a worker
 *    died, its chunks run again). What a chunk folds counts only when the
 *    function returns and ff_fail was not called.
 *  - `ff` is valid during the call, in the thread that was called.
 *
 * A wrong name or a wrong kind of result is an error of the compiler at that
 * line; what it cannot see (a name declared in two files, an item outside the
 * chunk) is an error that names the result. Values convert as C converts them:
 * 0.7 given to an integer result is 0.
 */
#ifndef FANFOLD_H
#define FANFOLD_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised with every change that an old object would not survive. */
#define FF_ABI 4

enum ff_op {
    FF_OP_SUM = 1,    /* f64: exact, rounded once to nearest even */
    FF_OP_SUM_INT,    /* i64 values, 128 bits and more of sum */
    FF_OP_COUNT,      /* u64 values, likewise */
    FF_OP_MIN,        /* f64 */
    FF_OP_MAX,        /* f64 */
    FF_OP_MIN_INT,    /* i64 */
    FF_OP_MAX_INT,    /* i64 */
    FF_OP_MEAN,       /* f64: exact sum over count, rounded once */
    FF_OP_VARIANCE,   /* f64: sample variance (n - 1), rounded once */
    FF_OP_ARGMIN,     /* f64 value and its item; ties: the lowest item */
    FF_OP_ARGMAX,
    FF_OP_ARGMIN_INT, /* i64 value and its item */
    FF_OP_ARGMAX_INT,
    FF_OP_HISTOGRAM,  /* u64 counts of f64 values between edges */
    FF_OP_SUM_UINT,   /* u64 */
    FF_OP_SD,         /* f64: root of the variance, rounded once */
    FF_OP_NORM2,      /* f64: root of the sum of squares, rounded once */
    FF_OP_DOT,        /* f64: sum of products of pairs, rounded once */
    FF_OP_SUM_FLOAT,  /* f32 values and result: exact, rounded once to f32 */
    FF_OP_MEAN_FLOAT,
    FF_OP_VARIANCE_FLOAT,
    FF_OP_SD_FLOAT,
    FF_OP_NORM2_FLOAT,
    FF_OP_DOT_FLOAT,
    FF_OP_MIN_UINT,   /* u64 */
    FF_OP_MAX_UINT,
    FF_OP_ARGMIN_UINT,
    FF_OP_ARGMAX_UINT,
    FF_OP_MIN_FLOAT,  /* f32 */
    FF_OP_MAX_FLOAT,
    FF_OP_ARGMIN_FLOAT,
    FF_OP_ARGMAX_FLOAT,
    FF_OP_PRODUCT,    /* f64 */
    FF_OP_PRODUCT_FLOAT,
    FF_OP_PRODUCT_INT,  /* i64, u64: exact up to 128 bits */
    FF_OP_PRODUCT_UINT,
    FF_OP_ALL,        /* truth values, of u64 */
    FF_OP_ANY,
    FF_OP_BIT_AND,    /* u64 */
    FF_OP_BIT_OR,
    FF_OP_BIT_XOR,
    FF_OP_QUANTILES,  /* f64, with a relative error */
    FF_OP_QUANTILES_INT,
    FF_OP_QUANTILES_UINT,
    FF_OP_DISTINCT,   /* how many different values came, estimated: f64 */
    FF_OP_DISTINCT_INT,
    FF_OP_DISTINCT_UINT, /* also of texts, by their hash */
    FF_OP_TOP,        /* the n largest f64 with their items */
    FF_OP_TOP_INT,
    FF_OP_TOP_UINT,
    FF_OP_BOTTOM,     /* the n smallest */
    FF_OP_BOTTOM_INT,
    FF_OP_BOTTOM_UINT,
    FF_OP_SAMPLE,     /* n values, each item as likely as any other */
    FF_OP_SAMPLE_INT,
    FF_OP_SAMPLE_UINT,
    FF_OP_FIRST,      /* the value of the lowest item */
    FF_OP_FIRST_INT,
    FF_OP_FIRST_UINT,
    FF_OP_LAST,       /* of the highest */
    FF_OP_LAST_INT,
    FF_OP_LAST_UINT,
    FF_OP_VECTOR_SUM, /* element by element, f64: in the order of chunks */
    FF_OP_VECTOR_SUM_EXACT,
    FF_OP_VECTOR_MIN,
    FF_OP_VECTOR_MAX,
    FF_OP_VECTOR_SUM_INT,
    FF_OP_VECTOR_MIN_INT,
    FF_OP_VECTOR_MAX_INT,
    FF_OP_OPERATION,  /* the kernel's own */
    FF_OP_MEAN_INT,   /* i64 values; f64, from exact sums, rounded once */
    FF_OP_MEAN_UINT,
    FF_OP_VARIANCE_INT,
    FF_OP_VARIANCE_UINT,
    FF_OP_SD_INT,
    FF_OP_SD_UINT,
    FF_OP_NUMBER,     /* how many values came: u64 */
    FF_OP_NUMBER_FLOAT,
    FF_OP_NUMBER_INT,
    FF_OP_NUMBER_UINT
};

enum ff_decl_kind {
    FF_DECL_KERNEL = 1, /* op: enum ff_kernel_kind */
    FF_DECL_ITEMS,
    FF_DECL_RESULT,
    FF_DECL_INT,        /* parameter of type int64_t */
    FF_DECL_REAL,       /* parameter of type double */
    FF_DECL_TEXT,       /* parameter of type const char * */
    FF_DECL_ABOUT,      /* about: what the kernel does */
    FF_DECL_OUTPUT,     /* a stream of bytes in the order of items */
    FF_DECL_ARRAY,      /* a file with a row an item; op: enum ff_type */
    FF_DECL_SHARED,     /* data loaded once a node */
    FF_DECL_SETUP,      /* called once a worker, before its first chunk */
    FF_DECL_TEARDOWN,   /* and after its last one */
    FF_DECL_VALUES      /* values that --fold folds; op: one of the operators
                           that take them, for their type */
};

/* How a kernel is called. */
enum ff_kernel_kind {
    FF_KERNEL_CHUNKS, /* by one thread, with a chunk of items */
    FF_KERNEL_TEAM,   /* by all threads of a worker together, with a chunk */
    FF_KERNEL_ONCE    /* once by each thread of each worker */
};

/* Of the elements of an array. */
enum ff_type { FF_TYPE_F64 = 1, FF_TYPE_F32, FF_TYPE_I64, FF_TYPE_I32,
               FF_TYPE_U8 };

struct ff;

/* The kernel's own operation; see FF_OPERATION. */
struct ff_operation {
    void (*combine)(void *into, const void *from);
    void (*finish)(const void *state, double *number);
};

enum ff_form { FF_LINEAR, FF_LOGARITHMIC, FF_LIST };

/* What a declaration asks for, with the parameters as they are. */
struct ff_shape {
    double lo, hi; /* of a histogram; lo: relative error of quantiles and of
                      distinct */
    uint64_t n;    /* bins of a histogram; entries of top, bottom and sample;
                      length of a vector; columns of an array; bytes of shared
                      data, of the state of an operation */
    uint32_t form;      /* of a histogram: enum ff_form; of an operation: how
                           many numbers it gives */
    uint32_t n_numbers; /* of number[] */
    const double *number; /* edges of a histogram; which quantiles, 0 .. 1 */
    uint64_t seed;      /* the run's; set behind the declaration */
    const struct ff_operation *operation; /* in the worker; else NULL */
    const char *labels; /* of what an operation gives: words with blanks between
                           them; "" or NULL: none */
};

/* One declaration of a kernel. Filled in by the macros below. */
struct ff_decl {
    uint32_t abi;
    uint32_t kind; /* enum ff_decl_kind */
    uint32_t op;   /* enum ff_op of a result, ff_type of an array, ... */
    uint32_t line;
    uint32_t index; /* among those of its kind, set by the worker that opens
                       the kernel */
    uint32_t order; /* among the declarations of one line */
    const char *name;
    const char *file;
    const char *about; /* for people; "" */
    void (*shape)(struct ff_shape *shape); /* or NULL */
    union {
        void *none;
        int64_t *integer;
        double *real;
        const char **text;
        uint64_t (*items)(void);
        void (*kernel)(struct ff *ff, uint64_t begin, uint64_t end);
        void (*call)(struct ff *ff); /* setup, teardown */
        void (*load)(struct ff *ff, void *memory, uint64_t bytes);
    } at;
};

/* The symbol that a worker looks up: all declarations of the object. */
struct ff_object {
    uint32_t abi;
    uint32_t decl_bytes; /* sizeof(struct ff_decl) */
    struct ff_decl **first, **last; /* [first, last) */
};

/* Values on their way into one result. Eight bytes a value; an arg result
 * takes two places, value and item. */
union ff_value {
    double f64;
    int64_t i64;
    uint64_t u64;
};

struct ff_buffer {
    union ff_value *value;
    uint32_t n;    /* places used */
    uint32_t room; /* places in all; even */
};

/* Bytes on their way into one output. */
struct ff_bytes {
    char *data;
    size_t n, room;
};

/* A loop that a team shares; each thread has its own of it. */
struct ff_loop {
    uint64_t begin, end, grain;
    uint64_t pieces; /* of `grain` indices, the last may be shorter; 0: over */
    uint64_t turn;   /* which loop of the team this is; 0: not entered yet */
};

struct ff_calls {
    /* Makes room in the buffer of result `index`. */
    void (*flush)(struct ff *ff, uint32_t index);
    /* See ff_fail. */
    void (*fail)(struct ff *ff, uint64_t item, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
    /* Block `block` (128 bits) of an item's random stream: Philox4x32-10,
     * key = seed, counter = {item low, item high, block low, block high},
     * 32 bits each. */
    void (*random)(const struct ff *ff, uint64_t item, uint64_t block,
                   uint32_t out[4]);
    /* See ff_log. */
    void (*log)(const struct ff *ff, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
    /* Takes n bytes for an output; data NULL: makes room for n more bytes,
     * unless memory is short. */
    void (*emit)(struct ff *ff, uint32_t output, const void *data, size_t n);
    /* The row of an item. After failing the chunk, for an item that is not in
     * it, one that is dropped. */
    void *(*row)(struct ff *ff, uint32_t array, uint64_t item);
    /* Text as a double: 0, or -1 when it is no number. */
    int (*number)(const char *text, size_t n, double *out);
    /* Of a team. */
    void (*barrier)(struct ff *ff);
    int (*single)(struct ff *ff);
    int (*next)(struct ff *ff, struct ff_loop *loop, uint64_t *begin,
                uint64_t *end);
    union ff_value (*reduce)(struct ff *ff, uint32_t op,
                             const union ff_value *value, size_t n);
    /* Folds a vector, of as many elements as the result has. */
    void (*vector)(struct ff *ff, uint32_t index, const void *x);
    /* Folds n values of one place into result `index`. */
    void (*array)(struct ff *ff, uint32_t index, const union ff_value *value,
                  size_t n);
    /* Of an ordered result: its slice for the running chunk. */
    int64_t *(*state)(struct ff *ff, uint32_t index);
    /* Of bytes: XXH3, 64 bits. */
    uint64_t (*hash)(const void *bytes, size_t n);
    /* See ff_item_text (of any item), ff_item_column, ff_column. */
    const char *(*text)(struct ff *ff, uint64_t item, size_t *n);
    const char *(*column)(struct ff *ff, uint64_t item, uint32_t column,
                          size_t *n);
    uint32_t (*column_number)(const struct ff *ff, const char *name);
};

/* An executor as its kernel sees it. Read only. */
struct ff {
    uint64_t first, last; /* the items of the whole run: [first, last) */
    uint64_t seed;
    uint32_t rank;    /* of this worker, 0 .. size - 1 */
    uint32_t size;    /* workers in all */
    uint32_t thread;  /* of this worker, 0 .. threads - 1 */
    uint32_t threads; /* of this worker */
    struct ff_buffer *buffer;   /* one a result */
    struct ff_bytes *bytes;     /* one an output */
    const void *const *shared;  /* one a declaration of shared data */
    const char *line, *lines_end; /* where line_item begins in the input; the
                                   end of the input. The same: nowhere */
    uint64_t line_item;
    int line_ends_with;         /* the byte that ends a line */
    const struct ff_calls *calls;
};

/* ---- declaring ---------------------------------------------------------- */

#define FF_HIDDEN_ __attribute__((visibility("hidden")))
/* One declaration, and a pointer to it in the section that lists them. The
 * last argument is its `at`. */
#define FF_DECLARE_(tag, kind, op, name, ...)                                 \
    FF_DECLARE_SHAPE_(tag, kind, op, name, "", NULL, __VA_ARGS__)
#define FF_DECLARE_SHAPE_(tag, kind, op, name, about, shape, ...)             \
    static struct ff_decl ff_decl_##tag = {                                   \
        FF_ABI, kind, op, __LINE__, 0, __COUNTER__, name, __FILE__, "" about, \
        shape, {__VA_ARGS__}};                                                \
    static struct ff_decl *ff_listed_##tag                                    \
        __attribute__((section("ff_decls"), used)) = &ff_decl_##tag

/* The first two of some arguments and what is to stand for missing ones. */
#define FF_FIRST_(a, ...) a
#define FF_SECOND_(a, b, ...) b

#define FF_RESULT_(type, op, name, about, ...)                                \
    FF_DECLARE_SHAPE_(name, FF_DECL_RESULT, op, #name, about, NULL,           \
                      .none = 0);                                             \
    static const struct type name                                             \
        __attribute__((unused)) = {&ff_decl_##name};

/* What the kernel does, in a sentence: `fanfold run KERNEL --help` shows it,
 * and the texts of results and parameters. */
#define FF_ABOUT(text)                                                        \
    FF_DECLARE_SHAPE_(about_, FF_DECL_ABOUT, 0, "about", text, NULL,          \
                      .none = 0);

/* Results: FF_SUM(name) or FF_SUM(name, "what it is"), and so on. The name is
 * the C identifier and the name in the report. Each kind is a type of its own,
 * so that the compiler refuses the wrong call. */
struct ff_result_sum { const struct ff_decl *decl; };
struct ff_result_sum_int { const struct ff_decl *decl; };
struct ff_result_sum_uint { const struct ff_decl *decl; };
struct ff_result_sum_float { const struct ff_decl *decl; };
struct ff_result_count { const struct ff_decl *decl; };
struct ff_result_number_of { const struct ff_decl *decl; };
struct ff_result_number_of_float { const struct ff_decl *decl; };
struct ff_result_number_of_int { const struct ff_decl *decl; };
struct ff_result_number_of_uint { const struct ff_decl *decl; };
struct ff_result_min { const struct ff_decl *decl; };
struct ff_result_max { const struct ff_decl *decl; };
struct ff_result_min_int { const struct ff_decl *decl; };
struct ff_result_max_int { const struct ff_decl *decl; };
struct ff_result_mean { const struct ff_decl *decl; };
struct ff_result_mean_float { const struct ff_decl *decl; };
struct ff_result_mean_int { const struct ff_decl *decl; };
struct ff_result_mean_uint { const struct ff_decl *decl; };
struct ff_result_variance { const struct ff_decl *decl; };
struct ff_result_variance_float { const struct ff_decl *decl; };
struct ff_result_variance_int { const struct ff_decl *decl; };
struct ff_result_variance_uint { const struct ff_decl *decl; };
struct ff_result_sd { const struct ff_decl *decl; };
struct ff_result_sd_float { const struct ff_decl *decl; };
struct ff_result_sd_int { const struct ff_decl *decl; };
struct ff_result_sd_uint { const struct ff_decl *decl; };
struct ff_result_norm2 { const struct ff_decl *decl; };
struct ff_result_norm2_float { const struct ff_decl *decl; };
struct ff_result_dot { const struct ff_decl *decl; };
struct ff_result_dot_float { const struct ff_decl *decl; };
struct ff_result_argmin { const struct ff_decl *decl; };
struct ff_result_argmax { const struct ff_decl *decl; };
struct ff_result_argmin_int { const struct ff_decl *decl; };
struct ff_result_argmax_int { const struct ff_decl *decl; };
struct ff_result_histogram { const struct ff_decl *decl; };
struct ff_result_min_float { const struct ff_decl *decl; };
struct ff_result_max_float { const struct ff_decl *decl; };
struct ff_result_min_uint { const struct ff_decl *decl; };
struct ff_result_max_uint { const struct ff_decl *decl; };
struct ff_result_argmin_float { const struct ff_decl *decl; };
struct ff_result_argmax_float { const struct ff_decl *decl; };
struct ff_result_argmin_uint { const struct ff_decl *decl; };
struct ff_result_argmax_uint { const struct ff_decl *decl; };
struct ff_result_first { const struct ff_decl *decl; };
struct ff_result_first_int { const struct ff_decl *decl; };
struct ff_result_first_uint { const struct ff_decl *decl; };
struct ff_result_last { const struct ff_decl *decl; };
struct ff_result_last_int { const struct ff_decl *decl; };
struct ff_result_last_uint { const struct ff_decl *decl; };
struct ff_result_all { const struct ff_decl *decl; };
struct ff_result_any { const struct ff_decl *decl; };
struct ff_result_bit_and { const struct ff_decl *decl; };
struct ff_result_bit_or { const struct ff_decl *decl; };
struct ff_result_bit_xor { const struct ff_decl *decl; };
struct ff_result_top { const struct ff_decl *decl; };
struct ff_result_top_int { const struct ff_decl *decl; };
struct ff_result_top_uint { const struct ff_decl *decl; };
struct ff_result_bottom { const struct ff_decl *decl; };
struct ff_result_bottom_int { const struct ff_decl *decl; };
struct ff_result_bottom_uint { const struct ff_decl *decl; };
struct ff_result_sample { const struct ff_decl *decl; };
struct ff_result_sample_int { const struct ff_decl *decl; };
struct ff_result_sample_uint { const struct ff_decl *decl; };
struct ff_result_product { const struct ff_decl *decl; };
struct ff_result_product_float { const struct ff_decl *decl; };
struct ff_result_product_int { const struct ff_decl *decl; };
struct ff_result_product_uint { const struct ff_decl *decl; };
struct ff_result_vector_sum { const struct ff_decl *decl; };
struct ff_result_vector_sum_exact { const struct ff_decl *decl; };
struct ff_result_vector_min { const struct ff_decl *decl; };
struct ff_result_vector_max { const struct ff_decl *decl; };
struct ff_result_vector_sum_int { const struct ff_decl *decl; };
struct ff_result_vector_min_int { const struct ff_decl *decl; };
struct ff_result_vector_max_int { const struct ff_decl *decl; };
struct ff_result_quantiles { const struct ff_decl *decl; };
struct ff_result_quantiles_int { const struct ff_decl *decl; };
struct ff_result_quantiles_uint { const struct ff_decl *decl; };
struct ff_result_distinct { const struct ff_decl *decl; };
struct ff_result_distinct_int { const struct ff_decl *decl; };
struct ff_result_distinct_uint { const struct ff_decl *decl; };
struct ff_result_distinct_text { const struct ff_decl *decl; };

#define FF_SUM(...) FF_RESULT_(ff_result_sum, FF_OP_SUM, __VA_ARGS__, "", 0)
#define FF_SUM_INT(...)                                                       \
    FF_RESULT_(ff_result_sum_int, FF_OP_SUM_INT, __VA_ARGS__, "", 0)
#define FF_SUM_UINT(...)                                                      \
    FF_RESULT_(ff_result_sum_uint, FF_OP_SUM_UINT, __VA_ARGS__, "", 0)
#define FF_SUM_FLOAT(...)                                                     \
    FF_RESULT_(ff_result_sum_float, FF_OP_SUM_FLOAT, __VA_ARGS__, "", 0)
#define FF_COUNT(...)                                                         \
    FF_RESULT_(ff_result_count, FF_OP_COUNT, __VA_ARGS__, "", 0)
#define FF_NUMBER(...)                                                        \
    FF_RESULT_(ff_result_number_of, FF_OP_NUMBER, __VA_ARGS__, "", 0)
#define FF_NUMBER_FLOAT(...)                                                  \
    FF_RESULT_(ff_result_number_of_float, FF_OP_NUMBER_FLOAT, __VA_ARGS__,    \
               "", 0)
#define FF_NUMBER_INT(...)                                                    \
    FF_RESULT_(ff_result_number_of_int, FF_OP_NUMBER_INT, __VA_ARGS__, "", 0)
#define FF_NUMBER_UINT(...)                                                   \
    FF_RESULT_(ff_result_number_of_uint, FF_OP_NUMBER_UINT, __VA_ARGS__, "", 0)
#define FF_MIN(...) FF_RESULT_(ff_result_min, FF_OP_MIN, __VA_ARGS__, "", 0)
#define FF_MAX(...) FF_RESULT_(ff_result_max, FF_OP_MAX, __VA_ARGS__, "", 0)
#define FF_MIN_INT(...)                                                       \
    FF_RESULT_(ff_result_min_int, FF_OP_MIN_INT, __VA_ARGS__, "", 0)
#define FF_MAX_INT(...)                                                       \
    FF_RESULT_(ff_result_max_int, FF_OP_MAX_INT, __VA_ARGS__, "", 0)
#define FF_MEAN(...) FF_RESULT_(ff_result_mean, FF_OP_MEAN, __VA_ARGS__, "", 0)
#define FF_MEAN_FLOAT(...)                                                    \
    FF_RESULT_(ff_result_mean_float, FF_OP_MEAN_FLOAT, __VA_ARGS__, "", 0)
#define FF_MEAN_INT(...)                                                      \
    FF_RESULT_(ff_result_mean_int, FF_OP_MEAN_INT, __VA_ARGS__, "", 0)
#define FF_MEAN_UINT(...)                                                     \
    FF_RESULT_(ff_result_mean_uint, FF_OP_MEAN_UINT, __VA_ARGS__, "", 0)
#define FF_VARIANCE(...)                                                      \
    FF_RESULT_(ff_result_variance, FF_OP_VARIANCE, __VA_ARGS__, "", 0)
#define FF_VARIANCE_FLOAT(...)                                                \
    FF_RESULT_(ff_result_variance_float, FF_OP_VARIANCE_FLOAT, __VA_ARGS__,   \
               "", 0)
#define FF_VARIANCE_INT(...)                                                  \
    FF_RESULT_(ff_result_variance_int, FF_OP_VARIANCE_INT, __VA_ARGS__, "", 0)
#define FF_VARIANCE_UINT(...)                                                 \
    FF_RESULT_(ff_result_variance_uint, FF_OP_VARIANCE_UINT, __VA_ARGS__,     \
               "", 0)
#define FF_SD(...)                                                            \
    FF_RESULT_(ff_result_sd, FF_OP_SD, __VA_ARGS__, "", 0)
#define FF_SD_FLOAT(...)                                                      \
    FF_RESULT_(ff_result_sd_float, FF_OP_SD_FLOAT, __VA_ARGS__, "", 0)
#define FF_SD_INT(...)                                                        \
    FF_RESULT_(ff_result_sd_int, FF_OP_SD_INT, __VA_ARGS__, "", 0)
#define FF_SD_UINT(...)                                                       \
    FF_RESULT_(ff_result_sd_uint, FF_OP_SD_UINT, __VA_ARGS__, "", 0)
#define FF_NORM2(...)                                                         \
    FF_RESULT_(ff_result_norm2, FF_OP_NORM2, __VA_ARGS__, "", 0)
#define FF_NORM2_FLOAT(...)                                                   \
    FF_RESULT_(ff_result_norm2_float, FF_OP_NORM2_FLOAT, __VA_ARGS__, "", 0)
#define FF_DOT(...)                                                           \
    FF_RESULT_(ff_result_dot, FF_OP_DOT, __VA_ARGS__, "", 0)
#define FF_DOT_FLOAT(...)                                                     \
    FF_RESULT_(ff_result_dot_float, FF_OP_DOT_FLOAT, __VA_ARGS__, "", 0)
#define FF_ARGMIN(...)                                                        \
    FF_RESULT_(ff_result_argmin, FF_OP_ARGMIN, __VA_ARGS__, "", 0)
#define FF_ARGMAX(...)                                                        \
    FF_RESULT_(ff_result_argmax, FF_OP_ARGMAX, __VA_ARGS__, "", 0)
#define FF_ARGMIN_INT(...)                                                    \
    FF_RESULT_(ff_result_argmin_int, FF_OP_ARGMIN_INT, __VA_ARGS__, "", 0)
#define FF_ARGMAX_INT(...)                                                    \
    FF_RESULT_(ff_result_argmax_int, FF_OP_ARGMAX_INT, __VA_ARGS__, "", 0)
#define FF_MIN_FLOAT(...)                                                     \
    FF_RESULT_(ff_result_min_float, FF_OP_MIN_FLOAT, __VA_ARGS__, "", 0)
#define FF_MAX_FLOAT(...)                                                     \
    FF_RESULT_(ff_result_max_float, FF_OP_MAX_FLOAT, __VA_ARGS__, "", 0)
#define FF_MIN_UINT(...)                                                      \
    FF_RESULT_(ff_result_min_uint, FF_OP_MIN_UINT, __VA_ARGS__, "", 0)
#define FF_MAX_UINT(...)                                                      \
    FF_RESULT_(ff_result_max_uint, FF_OP_MAX_UINT, __VA_ARGS__, "", 0)
#define FF_ARGMIN_FLOAT(...)                                                  \
    FF_RESULT_(ff_result_argmin_float, FF_OP_ARGMIN_FLOAT, __VA_ARGS__, "", 0)
#define FF_ARGMAX_FLOAT(...)                                                  \
    FF_RESULT_(ff_result_argmax_float, FF_OP_ARGMAX_FLOAT, __VA_ARGS__, "", 0)
#define FF_ARGMIN_UINT(...)                                                   \
    FF_RESULT_(ff_result_argmin_uint, FF_OP_ARGMIN_UINT, __VA_ARGS__, "", 0)
#define FF_ARGMAX_UINT(...)                                                   \
    FF_RESULT_(ff_result_argmax_uint, FF_OP_ARGMAX_UINT, __VA_ARGS__, "", 0)
#define FF_FIRST(...)                                                         \
    FF_RESULT_(ff_result_first, FF_OP_FIRST, __VA_ARGS__, "", 0)
#define FF_FIRST_INT(...)                                                     \
    FF_RESULT_(ff_result_first_int, FF_OP_FIRST_INT, __VA_ARGS__, "", 0)
#define FF_FIRST_UINT(...)                                                    \
    FF_RESULT_(ff_result_first_uint, FF_OP_FIRST_UINT, __VA_ARGS__, "", 0)
#define FF_LAST(...) FF_RESULT_(ff_result_last, FF_OP_LAST, __VA_ARGS__, "", 0)
#define FF_LAST_INT(...)                                                      \
    FF_RESULT_(ff_result_last_int, FF_OP_LAST_INT, __VA_ARGS__, "", 0)
#define FF_LAST_UINT(...)                                                     \
    FF_RESULT_(ff_result_last_uint, FF_OP_LAST_UINT, __VA_ARGS__, "", 0)
#define FF_ALL(...) FF_RESULT_(ff_result_all, FF_OP_ALL, __VA_ARGS__, "", 0)
#define FF_ANY(...) FF_RESULT_(ff_result_any, FF_OP_ANY, __VA_ARGS__, "", 0)
#define FF_BIT_AND(...)                                                       \
    FF_RESULT_(ff_result_bit_and, FF_OP_BIT_AND, __VA_ARGS__, "", 0)
#define FF_BIT_OR(...)                                                        \
    FF_RESULT_(ff_result_bit_or, FF_OP_BIT_OR, __VA_ARGS__, "", 0)
#define FF_BIT_XOR(...)                                                       \
    FF_RESULT_(ff_result_bit_xor, FF_OP_BIT_XOR, __VA_ARGS__, "", 0)

#define FF_PRODUCT(...)                                                       \
    FF_RESULT_(ff_result_product, FF_OP_PRODUCT, __VA_ARGS__, "", 0)
#define FF_PRODUCT_FLOAT(...)                                                 \
    FF_RESULT_(ff_result_product_float, FF_OP_PRODUCT_FLOAT, __VA_ARGS__, "", 0)
#define FF_PRODUCT_INT(...)                                                   \
    FF_RESULT_(ff_result_product_int, FF_OP_PRODUCT_INT, __VA_ARGS__, "", 0)
#define FF_PRODUCT_UINT(...)                                                  \
    FF_RESULT_(ff_result_product_uint, FF_OP_PRODUCT_UINT, __VA_ARGS__, "", 0)

/* FF_VECTOR_SUM(name, n) and so on: vectors of n elements, folded element by
 * element. n is an expression that may use the parameters. */
#define FF_VECTOR_SUM(...)                                                    \
    FF_SIZED_(ff_result_vector_sum, FF_OP_VECTOR_SUM, __VA_ARGS__, "", 0)
#define FF_VECTOR_SUM_EXACT(...)                                              \
    FF_SIZED_(ff_result_vector_sum_exact, FF_OP_VECTOR_SUM_EXACT,             \
              __VA_ARGS__, "", 0)
#define FF_VECTOR_MIN(...)                                                    \
    FF_SIZED_(ff_result_vector_min, FF_OP_VECTOR_MIN, __VA_ARGS__, "", 0)
#define FF_VECTOR_MAX(...)                                                    \
    FF_SIZED_(ff_result_vector_max, FF_OP_VECTOR_MAX, __VA_ARGS__, "", 0)
#define FF_VECTOR_SUM_INT(...)                                                \
    FF_SIZED_(ff_result_vector_sum_int, FF_OP_VECTOR_SUM_INT,                 \
              __VA_ARGS__, "", 0)
#define FF_VECTOR_MIN_INT(...)                                                \
    FF_SIZED_(ff_result_vector_min_int, FF_OP_VECTOR_MIN_INT,                 \
              __VA_ARGS__, "", 0)
#define FF_VECTOR_MAX_INT(...)                                                \
    FF_SIZED_(ff_result_vector_max_int, FF_OP_VECTOR_MAX_INT,                 \
              __VA_ARGS__, "", 0)

/* FF_TOP(name, n), FF_BOTTOM(name, n), FF_SAMPLE(name, n): n values of all,
 * with their items; n is an expression that may use the parameters. (1 * size
 * is refused when n is forgotten, and size a text.) */
#define FF_SIZED_(type, op, name, size, about, ...)                           \
    FF_SHAPED_(type, op, name, about, shape->n = (uint64_t)(1 * (size));)
#define FF_TOP(...) FF_SIZED_(ff_result_top, FF_OP_TOP, __VA_ARGS__, "", 0)
#define FF_TOP_INT(...)                                                       \
    FF_SIZED_(ff_result_top_int, FF_OP_TOP_INT, __VA_ARGS__, "", 0)
#define FF_TOP_UINT(...)                                                      \
    FF_SIZED_(ff_result_top_uint, FF_OP_TOP_UINT, __VA_ARGS__, "", 0)
#define FF_BOTTOM(...)                                                        \
    FF_SIZED_(ff_result_bottom, FF_OP_BOTTOM, __VA_ARGS__, "", 0)
#define FF_BOTTOM_INT(...)                                                    \
    FF_SIZED_(ff_result_bottom_int, FF_OP_BOTTOM_INT, __VA_ARGS__, "", 0)
#define FF_BOTTOM_UINT(...)                                                   \
    FF_SIZED_(ff_result_bottom_uint, FF_OP_BOTTOM_UINT, __VA_ARGS__, "", 0)
#define FF_SAMPLE(...)                                                        \
    FF_SIZED_(ff_result_sample, FF_OP_SAMPLE, __VA_ARGS__, "", 0)
#define FF_SAMPLE_INT(...)                                                    \
    FF_SIZED_(ff_result_sample_int, FF_OP_SAMPLE_INT, __VA_ARGS__, "", 0)
#define FF_SAMPLE_UINT(...)                                                   \
    FF_SIZED_(ff_result_sample_uint, FF_OP_SAMPLE_UINT, __VA_ARGS__, "", 0)

/* A result with a shape, which the statements fill in. */
#define FF_SHAPED_(type, op, name, about, ...)                                \
    static void ff_shape_##name(struct ff_shape *shape) { __VA_ARGS__ }       \
    FF_DECLARE_SHAPE_(name, FF_DECL_RESULT, op, #name, about,                 \
                      ff_shape_##name, .none = 0);                            \
    static const struct type name __attribute__((unused)) = {&ff_decl_##name};

/* A list in parentheses without them, and as the numbers of a shape. The name is
 * what the compiler says of a list without. */
#define FF_THE_LIST_NEEDS_PARENTHESES_(...) __VA_ARGS__
#define FF_NUMBERS_(list)                                                     \
    const double number[] = {FF_THE_LIST_NEEDS_PARENTHESES_ list};            \
    static double kept[sizeof number / sizeof number[0]];                     \
    memcpy(kept, number, sizeof kept);                                        \
    shape->number = kept;                                                     \
    shape->n_numbers = (uint32_t)(sizeof kept / sizeof kept[0]);
/* Values without an operator, which --fold chooses when the kernel is run:
 * FF_VALUES(name) or FF_VALUES(name, "what they are"). Each comes with its
 * item. */
struct ff_result_values { const struct ff_decl *decl; };
struct ff_result_values_int { const struct ff_decl *decl; };
struct ff_result_values_uint { const struct ff_decl *decl; };
struct ff_result_values_float { const struct ff_decl *decl; };

#define FF_VALUES(...)                                                        \
    FF_VALUES_(ff_result_values, FF_OP_ARGMIN, __VA_ARGS__, "", 0)
#define FF_VALUES_INT(...)                                                    \
    FF_VALUES_(ff_result_values_int, FF_OP_ARGMIN_INT, __VA_ARGS__, "", 0)
#define FF_VALUES_UINT(...)                                                   \
    FF_VALUES_(ff_result_values_uint, FF_OP_ARGMIN_UINT, __VA_ARGS__, "", 0)
#define FF_VALUES_FLOAT(...)                                                  \
    FF_VALUES_(ff_result_values_float, FF_OP_ARGMIN_FLOAT, __VA_ARGS__, "", 0)
#define FF_VALUES_(type, op, name, about, ...)                                \
    FF_DECLARE_SHAPE_(name, FF_DECL_VALUES, op, #name, about, NULL,           \
                      .none = 0);                                             \
    static const struct type name                                             \
        __attribute__((unused)) = {&ff_decl_##name};

/* FF_HISTOGRAM(name, from, to, bins): counts of doubles in `bins` bins of the
 * same width from `from` up to, without, `to`; and below, above, and NaN. The
 * three are expressions that may use the parameters.
 * FF_HISTOGRAM_LOG(name, from, to, bins): bins of the same ratio; from > 0.
 * FF_HISTOGRAM_EDGES(name, (edge, edge ...)): bins between edges that ascend.
 * In each a text, what it is, may be the last argument. */
#define FF_HISTOGRAM(name, from, to, ...)                                     \
    FF_BINS_(name, from, to, FF_FIRST_(__VA_ARGS__, 0), FF_LINEAR,            \
             FF_SECOND_(__VA_ARGS__, "", 0))
#define FF_HISTOGRAM_LOG(name, from, to, ...)                                 \
    FF_BINS_(name, from, to, FF_FIRST_(__VA_ARGS__, 0), FF_LOGARITHMIC,       \
             FF_SECOND_(__VA_ARGS__, "", 0))
#define FF_BINS_(name, from, to, bins, how, about)                            \
    FF_SHAPED_(ff_result_histogram, FF_OP_HISTOGRAM, name, about,             \
               shape->lo = (double)(from); shape->hi = (double)(to);          \
               shape->n = (uint64_t)(bins); shape->form = how;)
#define FF_HISTOGRAM_EDGES(name, ...)                                         \
    FF_SHAPED_(ff_result_histogram, FF_OP_HISTOGRAM, name,                    \
               FF_SECOND_(__VA_ARGS__, "", 0),                                \
               FF_NUMBERS_(FF_FIRST_(__VA_ARGS__, 0))                         \
               shape->n = shape->n_numbers - 1; shape->form = FF_LIST;)

/* FF_QUANTILES(name): the 0, 1, 10, 50, 90, 99 and 100 % quantiles of doubles,
 * with a relative error of at most 1 %.
 * FF_QUANTILES_OF(name, error, (p, p ...)): those of the probabilities p, 0 to
 * 1, with this error, 0.0005 to 0.25. Expressions may use the parameters. */
#define FF_QUANTILES(...)                                                     \
    FF_RESULT_(ff_result_quantiles, FF_OP_QUANTILES, __VA_ARGS__, "", 0)
#define FF_QUANTILES_INT(...)                                                 \
    FF_RESULT_(ff_result_quantiles_int, FF_OP_QUANTILES_INT, __VA_ARGS__, "", \
               0)
#define FF_QUANTILES_UINT(...)                                                \
    FF_RESULT_(ff_result_quantiles_uint, FF_OP_QUANTILES_UINT, __VA_ARGS__,   \
               "", 0)
#define FF_QUANTILES_OF_(type, op, name, error, ...)                          \
    FF_SHAPED_(type, op, name, FF_SECOND_(__VA_ARGS__, "", 0),                \
               FF_NUMBERS_(FF_FIRST_(__VA_ARGS__, 0))                         \
               shape->lo = (double)(error);)
#define FF_QUANTILES_OF(name, error, ...)                                     \
    FF_QUANTILES_OF_(ff_result_quantiles, FF_OP_QUANTILES, name, error,       \
                     __VA_ARGS__)
#define FF_QUANTILES_INT_OF(name, error, ...)                                 \
    FF_QUANTILES_OF_(ff_result_quantiles_int, FF_OP_QUANTILES_INT, name,      \
                     error, __VA_ARGS__)
#define FF_QUANTILES_UINT_OF(name, error, ...)                                \
    FF_QUANTILES_OF_(ff_result_quantiles_uint, FF_OP_QUANTILES_UINT, name,    \
                     error, __VA_ARGS__)

/* FF_DISTINCT(name): about how many different values came, with a standard
 * error of 0.81 %; of doubles, of integers, of texts.
 * FF_DISTINCT_OF(name, error): with this relative standard error at most,
 * 0.0015 to 0.26. */
#define FF_DISTINCT(...)                                                      \
    FF_RESULT_(ff_result_distinct, FF_OP_DISTINCT, __VA_ARGS__, "", 0)
#define FF_DISTINCT_INT(...)                                                  \
    FF_RESULT_(ff_result_distinct_int, FF_OP_DISTINCT_INT, __VA_ARGS__, "", 0)
#define FF_DISTINCT_UINT(...)                                                 \
    FF_RESULT_(ff_result_distinct_uint, FF_OP_DISTINCT_UINT, __VA_ARGS__, "", \
               0)
#define FF_DISTINCT_TEXT(...)                                                 \
    FF_RESULT_(ff_result_distinct_text, FF_OP_DISTINCT_UINT, __VA_ARGS__, "", \
               0)
#define FF_DISTINCT_OF_(type, op, name, ...)                                  \
    FF_SHAPED_(type, op, name, FF_SECOND_(__VA_ARGS__, "", 0),                \
               shape->lo = (double)(FF_FIRST_(__VA_ARGS__, 0));)
#define FF_DISTINCT_OF(name, ...)                                             \
    FF_DISTINCT_OF_(ff_result_distinct, FF_OP_DISTINCT, name, __VA_ARGS__)
#define FF_DISTINCT_INT_OF(name, ...)                                         \
    FF_DISTINCT_OF_(ff_result_distinct_int, FF_OP_DISTINCT_INT, name,         \
                    __VA_ARGS__)
#define FF_DISTINCT_UINT_OF(name, ...)                                        \
    FF_DISTINCT_OF_(ff_result_distinct_uint, FF_OP_DISTINCT_UINT, name,       \
                    __VA_ARGS__)
#define FF_DISTINCT_TEXT_OF(name, ...)                                        \
    FF_DISTINCT_OF_(ff_result_distinct_text, FF_OP_DISTINCT_UINT, name,       \
                    __VA_ARGS__)

/* FF_OPERATION(name, type, init, combine, finish, numbers, labels, about): an
 * operation of the kernel's own.
 *
 *     struct fit { double n, x, y, xx, xy; };
 *     static void fit_init(struct fit *f);  (f is all zero)
 *     static void fit_combine(struct fit *into, const struct fit *from);
 *     static void fit_finish(const struct fit *f, double *number);
 *     FF_OPERATION(fit, struct fit, fit_init, fit_combine, fit_finish, 2,
 *                  "slope intercept")
 *
 * Each chunk has a state of its own: `struct fit *f = ff_state(ff, fit);` is
 * that of the running chunk, which the kernel changes as it likes; init is
 * called when a chunk first asks for it. In the end two states are combined to
 * one, of which `from` belongs to the items behind those of `into`, and so on,
 * in an order that the number of chunks alone decides; it need not commute.
 * finish writes the numbers (1 to 512, an expression that may use the
 * parameters) that the report gives for the last one.
 *
 * The type: at most 4096 bytes, copied as bytes from process to process, so no
 * pointers. The functions: the same bytes for the same states; nothing but the
 * states and the parameters, since they also run where there is no chunk and
 * FF_SETUP was not called; no ff_fail, no exception, no jump out of them.
 * labels (words with blanks between them, one a number) and about may be left
 * out. */
#define FF_OPERATION(name, type, init, combine, finish, ...)                  \
    FF_OPERATION_(name, type, init, combine, finish, __VA_ARGS__, "", "", 0)
#define FF_OPERATION_(name, type, begin_, combine_, finish_, numbers, words,  \
                      about, ...)                                             \
    typedef char ff_the_state_of_##name##_is_larger_than_4096_bytes           \
        [sizeof(type) <= 4096 ? 1 : -1] __attribute__((unused));              \
    typedef char ff_the_state_of_##name##_is_aligned_to_more_than_8_bytes     \
        [__alignof__(type) <= 8 ? 1 : -1] __attribute__((unused));            \
    typedef char ff_the_state_of_##name##_cannot_be_copied_as_bytes           \
        [FF_IS_PLAIN_(type) ? 1 : -1] __attribute__((unused));                \
    static void ff_combine_##name(void *into, const void *from)               \
    {                                                                         \
        combine_((type *)into, (const type *)from);                           \
    }                                                                         \
    static void ff_finish_##name(const void *state, double *number)           \
    {                                                                         \
        finish_((const type *)state, number);                                 \
    }                                                                         \
    static void ff_shape_##name(struct ff_shape *shape)                       \
    {                                                                         \
        static const struct ff_operation operation = {ff_combine_##name,      \
                                                      ff_finish_##name};      \
        const int64_t n = (int64_t)(numbers);                                 \
        shape->n = sizeof(type);                                              \
        shape->form = n < 0 || n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;     \
        shape->operation = &operation;                                        \
        shape->labels = words;                                                \
    }                                                                         \
    FF_DECLARE_SHAPE_(name, FF_DECL_RESULT, FF_OP_OPERATION, #name, about,    \
                      ff_shape_##name, .none = 0);                            \
    static inline type *ff_state_##name(struct ff *ff)                        \
    {                                                                         \
        int64_t *slice = ff->calls->state(ff, ff_decl_##name.index);          \
        type *state = (type *)(void *)(slice + 1);                            \
        if (slice[0] == 0) {                                                  \
            slice[0] = 1;                                                     \
            begin_(state);                                                    \
        }                                                                     \
        return state;                                                         \
    }

#ifdef __cplusplus
#define FF_IS_PLAIN_(type) __is_trivially_copyable(type)
#else
#define FF_IS_PLAIN_(type) 1
#endif

/* The state of the running chunk, of an operation's type. */
#define ff_state(ff, name) ff_state_##name(ff)

/* Parameters: FF_INT(name, default) or FF_INT(name, default, "what it is").
 * A variable of file scope, set by `--arg name=value` before the kernel is
 * first called. Read only. */
#define FF_INT(name, ...)                                                     \
    static int64_t name = (FF_FIRST_(__VA_ARGS__, 0));                        \
    FF_DECLARE_SHAPE_(name, FF_DECL_INT, 0, #name,                            \
                      FF_SECOND_(__VA_ARGS__, "", 0), NULL,                   \
                      .integer = &name);
#define FF_REAL(name, ...)                                                    \
    static double name = (FF_FIRST_(__VA_ARGS__, 0));                         \
    FF_DECLARE_SHAPE_(name, FF_DECL_REAL, 0, #name,                           \
                      FF_SECOND_(__VA_ARGS__, "", 0), NULL,                   \
                      .real = &name);
#define FF_TEXT(name, ...)                                                    \
    static const char *name = (FF_FIRST_(__VA_ARGS__, 0));                    \
    FF_DECLARE_SHAPE_(name, FF_DECL_TEXT, 0, #name,                           \
                      FF_SECOND_(__VA_ARGS__, "", 0), NULL,                   \
                      .text = &name);

/* Outputs: a stream of bytes, which come in the order of items whoever ran
 * them. The last argument, what it is for, may be left out. */
struct ff_output { const struct ff_decl *decl; };
#define FF_OUTPUT(...) FF_OUTPUT_(__VA_ARGS__, "", 0)
#define FF_OUTPUT_(name, about, ...)                                          \
    FF_DECLARE_SHAPE_(name, FF_DECL_OUTPUT, 0, #name, about, NULL, .none = 0);\
    static const struct ff_output name                                        \
        __attribute__((unused)) = {&ff_decl_##name};

/* Arrays: FF_ARRAY_F64(name, columns) makes a file NAME.npy with a row of so
 * many values an item. The columns are an expression that may use the
 * parameters. */
struct ff_rows_f64 { const struct ff_decl *decl; };
struct ff_rows_f32 { const struct ff_decl *decl; };
struct ff_rows_i64 { const struct ff_decl *decl; };
struct ff_rows_i32 { const struct ff_decl *decl; };
struct ff_rows_u8 { const struct ff_decl *decl; };
#define FF_ARRAY_F64(...)                                                     \
    FF_ARRAY_(ff_rows_f64, FF_TYPE_F64, __VA_ARGS__, "", 0)
#define FF_ARRAY_F32(...)                                                     \
    FF_ARRAY_(ff_rows_f32, FF_TYPE_F32, __VA_ARGS__, "", 0)
#define FF_ARRAY_I64(...)                                                     \
    FF_ARRAY_(ff_rows_i64, FF_TYPE_I64, __VA_ARGS__, "", 0)
#define FF_ARRAY_I32(...)                                                     \
    FF_ARRAY_(ff_rows_i32, FF_TYPE_I32, __VA_ARGS__, "", 0)
#define FF_ARRAY_U8(...)                                                      \
    FF_ARRAY_(ff_rows_u8, FF_TYPE_U8, __VA_ARGS__, "", 0)
#define FF_ARRAY_(type, code, name, columns, about, ...)                      \
    static void ff_shape_##name(struct ff_shape *shape)                       \
    {                                                                         \
        shape->n = (uint64_t)(columns);                                       \
    }                                                                         \
    FF_DECLARE_SHAPE_(name, FF_DECL_ARRAY, code, #name, about,                \
                      ff_shape_##name, .none = 0);                            \
    static const struct type name                                             \
        __attribute__((unused)) = {&ff_decl_##name};

/* How many items there are, numbered from 0, when the user gives no --range:
 * an expression that may use the parameters. */
#define FF_ITEMS(expression)                                                  \
    static uint64_t ff_items_(void) { return (uint64_t)(1 * (expression)); }  \
    FF_DECLARE_(items_, FF_DECL_ITEMS, 0, "items", .items = ff_items_);

/* Declares ff_kernel_ as the kernel of this object, and lists all that the
 * object declares. */
#define FF_KERNEL_OF_(kind)                                                   \
    static void ff_kernel_(struct ff *ff, uint64_t begin, uint64_t end);      \
    FF_DECLARE_(kernel_, FF_DECL_KERNEL, kind, "kernel",                      \
                .kernel = ff_kernel_);                                        \
    extern struct ff_decl *__start_ff_decls[] FF_HIDDEN_;                     \
    extern struct ff_decl *__stop_ff_decls[] FF_HIDDEN_;                      \
    extern const struct ff_object fanfold_object                              \
        __attribute__((visibility("default")));                               \
    const struct ff_object fanfold_object = {                                 \
        FF_ABI, sizeof(struct ff_decl), __start_ff_decls, __stop_ff_decls}

/* The kernel itself; one an object. The names of its three parameters are
 * yours. */
#define FF_KERNEL(self, begin, end)                                           \
    FF_KERNEL_OF_(FF_KERNEL_CHUNKS);                                          \
    static void ff_kernel_(struct ff *self __attribute__((unused)),           \
                           uint64_t begin __attribute__((unused)),            \
                           uint64_t end __attribute__((unused)))

/* The same of a team: all threads of a worker call it at once for the same
 * chunk, see below. The launcher looks for the section, to know how many
 * threads a worker gets when nobody says. */
#define FF_TEAM(self, begin, end)                                             \
    static const char ff_is_team_                                             \
        __attribute__((section("ff_team"), used)) = 1;                        \
    FF_KERNEL_OF_(FF_KERNEL_TEAM);                                            \
    static void ff_kernel_(struct ff *self __attribute__((unused)),           \
                           uint64_t begin __attribute__((unused)),            \
                           uint64_t end __attribute__((unused)))

/* A kernel that is called once by each thread of each worker, to do what its
 * rank says. There are size * threads items, one a call: number rank * threads
 * + thread. What it folds depends on how many there are. */
#define FF_ONCE(self)                                                         \
    FF_KERNEL_OF_(FF_KERNEL_ONCE);                                            \
    static void ff_once_(struct ff *self);                                    \
    static void ff_kernel_(struct ff *self,                                   \
                           uint64_t begin __attribute__((unused)),            \
                           uint64_t end __attribute__((unused)))              \
    {                                                                         \
        ff_once_(self);                                                       \
    }                                                                         \
    static void ff_once_(struct ff *self __attribute__((unused)))

/* ---- the life of a worker ------------------------------------------------ */

/* Read-only data, loaded once a node, in one worker, and shared by all: `size`
 * (an expression that may use the parameters) bytes of memory, zeroed and
 * aligned to a page, which the body fills. Afterwards nobody can write them. */
#define FF_SHARED(name, size, self, memory, bytes)                            \
    static void ff_shape_##name(struct ff_shape *shape)                       \
    {                                                                         \
        shape->n = (uint64_t)(size);                                          \
    }                                                                         \
    static void ff_load_##name(struct ff *self, void *memory,                 \
                               uint64_t bytes);                               \
    FF_DECLARE_SHAPE_(name, FF_DECL_SHARED, 0, #name, "", ff_shape_##name,    \
                      .load = ff_load_##name);                                \
    static const struct ff_shared_data name                                   \
        __attribute__((unused)) = {&ff_decl_##name};                          \
    static void ff_load_##name(struct ff *self __attribute__((unused)),       \
                               void *memory __attribute__((unused)),          \
                               uint64_t bytes __attribute__((unused)))

struct ff_shared_data { const struct ff_decl *decl; };

/* Where the shared data are, in this worker. */
static inline const void *ff_shared(const struct ff *ff,
                                    struct ff_shared_data data)
{
    return ff->shared[data.decl->index];
}

/* Called once in each worker, by its first thread: before its first chunk,
 * when the shared data are there; and after its last one, unless it dies. They
 * do not fold. ff_fail in setup ends the run. */
#define FF_SETUP(self)                                                        \
    static void ff_setup_(struct ff *self);                                   \
    FF_DECLARE_(setup_, FF_DECL_SETUP, 0, "setup", .call = ff_setup_);        \
    static void ff_setup_(struct ff *self __attribute__((unused)))
#define FF_TEARDOWN(self)                                                     \
    static void ff_teardown_(struct ff *self);                                \
    FF_DECLARE_(teardown_, FF_DECL_TEARDOWN, 0, "teardown",                   \
                .call = ff_teardown_);                                        \
    static void ff_teardown_(struct ff *self __attribute__((unused)))

/* ff_log(ff, format, ...): one line on standard error, "fanfold: worker 2:
 * TEXT", whole even when many write at once. Not with --quiet. */
#define ff_log(ff, ...) ((ff)->calls->log((ff), __VA_ARGS__))

/* ---- folding ------------------------------------------------------------ */

/* Room for `places` more values of a result; the next free place. */
static inline union ff_value *ff_room_(struct ff *ff,
                                       const struct ff_decl *decl,
                                       uint32_t places)
{
    struct ff_buffer *b = &ff->buffer[decl->index];
    if (b->n == b->room)
        ff->calls->flush(ff, decl->index);
    union ff_value *v = b->value + b->n;
    b->n += places;
    return v;
}

/* A truth value: a number of any type but 0 is true. */
#ifdef __cplusplus
#define FF_BOOL_ bool
#else
#define FF_BOOL_ _Bool
#endif

#define FF_FOLD_ONE_(suffix, type, member)                                    \
    static inline void ff_##suffix(                                           \
        struct ff *ff, struct ff_result_##suffix result, type x)              \
    {                                                                         \
        ff_room_(ff, result.decl, 1)->member = x;                             \
    }
#define FF_FOLD_ARG_(suffix, type, member)                                    \
    static inline void ff_##suffix(struct ff *ff,                             \
                                   struct ff_result_##suffix result, type x,  \
                                   uint64_t item)                             \
    {                                                                         \
        union ff_value *v = ff_room_(ff, result.decl, 2);                     \
        v[0].member = x;                                                      \
        v[1].u64 = item;                                                      \
    }

#define FF_FOLD_PAIR_(suffix, type, member)                                   \
    static inline void ff_##suffix(struct ff *ff,                             \
                                   struct ff_result_##suffix result, type x,  \
                                   type y)                                    \
    {                                                                         \
        union ff_value *v = ff_room_(ff, result.decl, 2);                     \
        v[0].member = x;                                                      \
        v[1].member = y;                                                      \
    }

/* void ff_sum(struct ff *ff, RESULT, double x); and so on: fold x into the
 * result. Arg results, ends and lists also take the item that x belongs to,
 * which must be one of this chunk's; ff_dot takes both factors. (Those of
 * FF_NUMBER are called ff_number_of, as ff_number reads a text.) */
FF_FOLD_ONE_(sum, double, f64)
FF_FOLD_ONE_(sum_int, int64_t, i64)
FF_FOLD_ONE_(sum_uint, uint64_t, u64)
FF_FOLD_ONE_(sum_float, float, f64)
FF_FOLD_ONE_(count, uint64_t, u64)
FF_FOLD_ONE_(number_of, double, f64)
FF_FOLD_ONE_(number_of_float, float, f64)
FF_FOLD_ONE_(number_of_int, int64_t, i64)
FF_FOLD_ONE_(number_of_uint, uint64_t, u64)
FF_FOLD_ONE_(min, double, f64)
FF_FOLD_ONE_(max, double, f64)
FF_FOLD_ONE_(min_int, int64_t, i64)
FF_FOLD_ONE_(max_int, int64_t, i64)
FF_FOLD_ONE_(mean, double, f64)
FF_FOLD_ONE_(mean_float, float, f64)
FF_FOLD_ONE_(mean_int, int64_t, i64)
FF_FOLD_ONE_(mean_uint, uint64_t, u64)
FF_FOLD_ONE_(variance, double, f64)
FF_FOLD_ONE_(variance_float, float, f64)
FF_FOLD_ONE_(variance_int, int64_t, i64)
FF_FOLD_ONE_(variance_uint, uint64_t, u64)
FF_FOLD_ONE_(sd, double, f64)
FF_FOLD_ONE_(sd_float, float, f64)
FF_FOLD_ONE_(sd_int, int64_t, i64)
FF_FOLD_ONE_(sd_uint, uint64_t, u64)
FF_FOLD_ONE_(norm2, double, f64)
FF_FOLD_ONE_(norm2_float, float, f64)
FF_FOLD_PAIR_(dot, double, f64)
FF_FOLD_PAIR_(dot_float, float, f64)
FF_FOLD_ONE_(histogram, double, f64)
FF_FOLD_ONE_(product, double, f64)
FF_FOLD_ONE_(product_float, float, f64)
FF_FOLD_ONE_(product_int, int64_t, i64)
FF_FOLD_ONE_(product_uint, uint64_t, u64)
FF_FOLD_ONE_(quantiles, double, f64)
FF_FOLD_ONE_(quantiles_int, int64_t, i64)
FF_FOLD_ONE_(quantiles_uint, uint64_t, u64)
FF_FOLD_ONE_(distinct, double, f64)
FF_FOLD_ONE_(distinct_int, int64_t, i64)
FF_FOLD_ONE_(distinct_uint, uint64_t, u64)
FF_FOLD_ARG_(argmin, double, f64)
FF_FOLD_ARG_(argmax, double, f64)
FF_FOLD_ARG_(argmin_int, int64_t, i64)
FF_FOLD_ARG_(argmax_int, int64_t, i64)
FF_FOLD_ARG_(values, double, f64)
FF_FOLD_ARG_(values_int, int64_t, i64)
FF_FOLD_ARG_(values_uint, uint64_t, u64)
FF_FOLD_ARG_(values_float, float, f64)
FF_FOLD_ONE_(min_float, float, f64)
FF_FOLD_ONE_(max_float, float, f64)
FF_FOLD_ONE_(min_uint, uint64_t, u64)
FF_FOLD_ONE_(max_uint, uint64_t, u64)
FF_FOLD_ARG_(argmin_float, float, f64)
FF_FOLD_ARG_(argmax_float, float, f64)
FF_FOLD_ARG_(argmin_uint, uint64_t, u64)
FF_FOLD_ARG_(argmax_uint, uint64_t, u64)
FF_FOLD_ONE_(all, FF_BOOL_, u64)
FF_FOLD_ONE_(any, FF_BOOL_, u64)
FF_FOLD_ONE_(bit_and, uint64_t, u64)
FF_FOLD_ONE_(bit_or, uint64_t, u64)
FF_FOLD_ONE_(bit_xor, uint64_t, u64)
FF_FOLD_ARG_(first, double, f64)
FF_FOLD_ARG_(first_int, int64_t, i64)
FF_FOLD_ARG_(first_uint, uint64_t, u64)
FF_FOLD_ARG_(last, double, f64)
FF_FOLD_ARG_(last_int, int64_t, i64)
FF_FOLD_ARG_(last_uint, uint64_t, u64)
FF_FOLD_ARG_(top, double, f64)
FF_FOLD_ARG_(top_int, int64_t, i64)
FF_FOLD_ARG_(top_uint, uint64_t, u64)
FF_FOLD_ARG_(bottom, double, f64)
FF_FOLD_ARG_(bottom_int, int64_t, i64)
FF_FOLD_ARG_(bottom_uint, uint64_t, u64)
FF_FOLD_ARG_(sample, double, f64)
FF_FOLD_ARG_(sample_int, int64_t, i64)
FF_FOLD_ARG_(sample_uint, uint64_t, u64)

#define FF_FOLD_ALL_(name, suffix, type)                                      \
    static inline void ff_##name(struct ff *ff,                               \
                                 struct ff_result_##suffix result,            \
                                 const type *x, size_t n)                     \
    {                                                                         \
        ff->calls->array(ff, result.decl->index, (const union ff_value *)x,   \
                         n);                                                  \
    }

/* void ff_sum_array(struct ff *ff, RESULT, const double *x, size_t n); and so
 * on: the same as folding x[0], x[1] ... x[n-1], and faster. */
FF_FOLD_ALL_(sum_array, sum, double)
FF_FOLD_ALL_(sum_int_array, sum_int, int64_t)
FF_FOLD_ALL_(min_array, min, double)
FF_FOLD_ALL_(max_array, max, double)
FF_FOLD_ALL_(mean_array, mean, double)
FF_FOLD_ALL_(variance_array, variance, double)
FF_FOLD_ALL_(sd_array, sd, double)
FF_FOLD_ALL_(norm2_array, norm2, double)

/* The same of the pairs x[0], y[0]; x[1], y[1] ... */
static inline void ff_dot_array(struct ff *ff, struct ff_result_dot result,
                                const double *x, const double *y, size_t n)
{
    struct ff_buffer *b = &ff->buffer[result.decl->index];
    while (n > 0) {
        union ff_value *v = ff_room_(ff, result.decl, 0);
        const size_t room = (b->room - b->n) / 2;
        const size_t m = n < room ? n : room;
        for (size_t i = 0; i < m; i++) {
            v[2 * i].f64 = x[i];
            v[2 * i + 1].f64 = y[i];
        }
        b->n += (uint32_t)(2 * m);
        x += m;
        y += m;
        n -= m;
    }
}

#define FF_FOLD_VECTOR_(suffix, type)                                         \
    static inline void ff_##suffix(                                           \
        struct ff *ff, struct ff_result_##suffix result, const type *x)       \
    {                                                                         \
        ff->calls->vector(ff, result.decl->index, x);                         \
    }

/* void ff_vector_sum(struct ff *ff, RESULT, const double *x); and so on: fold
 * a vector, of as many elements as the result has. */
FF_FOLD_VECTOR_(vector_sum, double)
FF_FOLD_VECTOR_(vector_sum_exact, double)
FF_FOLD_VECTOR_(vector_min, double)
FF_FOLD_VECTOR_(vector_max, double)
FF_FOLD_VECTOR_(vector_sum_int, int64_t)
FF_FOLD_VECTOR_(vector_min_int, int64_t)
FF_FOLD_VECTOR_(vector_max_int, int64_t)

/* n bytes, whatever they are, for FF_DISTINCT_TEXT. */
static inline void ff_distinct_text(struct ff *ff,
                                    struct ff_result_distinct_text result,
                                    const void *text, size_t n)
{
    ff_room_(ff, result.decl, 1)->u64 = ff->calls->hash(text, n);
}

/* ff_fail(ff, item, format, ...): this item cannot be done. The whole chunk
 * fails, nothing of it is counted, it is tried again only with --retries, and
 * the text (up to 2047 bytes) is reported with the item. Returns: return from
 * the kernel after it. Only the first failure of a chunk is kept. */
#define ff_fail(ff, item, ...) ((ff)->calls->fail((ff), (item), __VA_ARGS__))

/* ---- the text of items ---------------------------------------------------- */

/* The text of an item: a line of the file (fanfold run -a FILE), what stands
 * for {} in a command (with ::: VALUE..., --colsep and so on), or with --range
 * alone its number. *n bytes, without what ends a line; not to be changed. Any
 * item may be asked for; one after the other is fastest. One that there is not
 * fails the chunk.
 *
 * A line of -a FILE has no zero byte behind it, and is valid until the end of
 * the run; any other text has one, and is valid until the next call for a text
 * in this thread. ff_item_column(ff, item, 0, &n) has one always. */
static inline const char *ff_item_text(struct ff *ff, uint64_t item, size_t *n)
{
    if (item != ff->line_item || ff->line == ff->lines_end)
        return ff->calls->text(ff, item, n);
    const char *line = ff->line;
    const size_t left = (size_t)(ff->lines_end - line);
    const char *end = (const char *)__builtin_memchr(line, ff->line_ends_with,
                                                     left);
    *n = end != NULL ? (size_t)(end - line) : left;
    ff->line = end != NULL ? end + 1 : ff->lines_end;
    ff->line_item = item + 1;
    return line;
}

/* A column of an item, from 1 as in {1}; 0 is all of it, as {}. *n bytes and a
 * zero byte, valid until the next call for a text in this thread. A column that
 * there is not fails the chunk. */
static inline const char *ff_item_column(struct ff *ff, uint64_t item,
                                         uint32_t column, size_t *n)
{
    return ff->calls->column(ff, item, column, n);
}

/* The number of the column of that name (--header); 0: there is none. */
static inline uint32_t ff_column(const struct ff *ff, const char *name)
{
    return ff->calls->column_number(ff, name);
}

/* Reads n bytes of text as a double: correctly rounded, in the C locale; also
 * inf, nan and hexadecimal. Blanks around it may be; nothing else. 0; -1 when
 * it is no number (*out unchanged). */
static inline int ff_number(struct ff *ff, const char *text, size_t n,
                            double *out)
{
    return ff->calls->number(text, n, out);
}

/* ---- teams --------------------------------------------------------------- */

/* For team kernels. All threads of the team come to the same barriers, single
 * sections, loops and reductions, in the same order. */

/* Waits until all threads of the team are here. */
static inline void ff_barrier(struct ff *ff)
{
    ff->calls->barrier(ff);
}

/* 1 in the thread that comes first, 0 in the others, which do not wait. */
static inline int ff_single(struct ff *ff)
{
    return ff->calls->single(ff);
}

/* This thread's share of the indices [begin, end): [*lo, *hi). Shares differ
 * by one index at most. */
static inline void ff_team_share(const struct ff *ff, uint64_t begin,
                                 uint64_t end, uint64_t *lo, uint64_t *hi)
{
    const uint64_t n = begin < end ? end - begin : 0;
    const uint64_t each = n / ff->threads, more = n % ff->threads;
    const uint64_t t = ff->thread;
    *lo = begin + t * each + (t < more ? t : more);
    *hi = *lo + each + (t < more);
}

/* A loop over the indices [begin, end) in pieces of `grain`, which go to who
 * comes for one:
 *
 *     struct ff_loop loop = ff_loop(ff, 0, n, 16);
 *     while (ff_next(ff, &loop, &lo, &hi))
 *         ... [lo, hi) ...
 *
 * There is no barrier at its end. More than 2^31 pieces are made larger. */
static inline struct ff_loop ff_loop(const struct ff *ff, uint64_t begin,
                                     uint64_t end, uint64_t grain)
{
    const uint64_t n = begin < end ? end - begin : 0;
    struct ff_loop loop;
    (void)ff;
    loop.begin = begin;
    loop.end = end;
    loop.grain = grain > n >> 31 ? grain : (n >> 31) + 1;
    loop.pieces = n / loop.grain + (n % loop.grain != 0);
    loop.turn = 0;
    return loop;
}

static inline int ff_next(struct ff *ff, struct ff_loop *loop, uint64_t *lo,
                          uint64_t *hi)
{
    return ff->calls->next(ff, loop, lo, hi);
}

/* Reductions over the team. All threads call them and all get the same: the
 * same bits for any number of threads. Each is a barrier too.
 * ff_team_sum: the exact sum of all x[0 .. n-1] of all threads, rounded once.
 * ff_team_sum_int: the chunk fails when the sum does not fit. */
static inline double ff_team_sum(struct ff *ff, const double *x, size_t n)
{
    return ff->calls->reduce(ff, FF_OP_SUM, (const union ff_value *)x, n).f64;
}

static inline double ff_team_min(struct ff *ff, double x)
{
    union ff_value v;
    v.f64 = x;
    return ff->calls->reduce(ff, FF_OP_MIN, &v, 1).f64;
}

static inline double ff_team_max(struct ff *ff, double x)
{
    union ff_value v;
    v.f64 = x;
    return ff->calls->reduce(ff, FF_OP_MAX, &v, 1).f64;
}

static inline int64_t ff_team_sum_int(struct ff *ff, int64_t x)
{
    union ff_value v;
    v.i64 = x;
    return ff->calls->reduce(ff, FF_OP_SUM_INT, &v, 1).i64;
}

/* ---- outputs and arrays -------------------------------------------------- */

/* n bytes for an output, whatever they are. */
static inline void ff_emit(struct ff *ff, struct ff_output output,
                           const void *data, size_t n)
{
    struct ff_bytes *b = &ff->bytes[output.decl->index];
    if (n > b->room - b->n) {
        ff->calls->emit(ff, output.decl->index, data, n);
        return;
    }
    memcpy(b->data + b->n, data, n);
    b->n += n;
}

/* A text of any length, as of printf. */
__attribute__((format(printf, 3, 4)))
static inline void ff_emitf(struct ff *ff, struct ff_output output,
                            const char *format, ...)
{
    struct ff_bytes *b = &ff->bytes[output.decl->index];
    for (int turn = 0; turn < 2; turn++) {
        const size_t room = b->room - b->n;
        va_list args;
        va_start(args, format);
        const int n = vsnprintf(room > 0 ? b->data + b->n : NULL, room, format,
                                args);
        va_end(args);
        if (n < 0) {
            ff->calls->fail(ff, UINT64_MAX, "output '%s': the text cannot be "
                            "written in this locale", output.decl->name);
            return;
        }
        if ((size_t)n < room) {
            b->n += (size_t)n;
            return;
        }
        ff->calls->emit(ff, output.decl->index, NULL, (size_t)n + 1);
    }
}

#define FF_ROW_(suffix, type)                                                 \
    static inline type *ff_array_##suffix(                                    \
        struct ff *ff, struct ff_rows_##suffix array, uint64_t item)          \
    {                                                                         \
        return (type *)ff->calls->row(ff, array.decl->index, item);           \
    }

/* double *ff_array_f64(struct ff *ff, ARRAY, uint64_t item); and so on: the
 * row of an item of this chunk, zero at first, to be filled in until the
 * kernel returns. An item outside the chunk fails the chunk; what is returned
 * then can be written, and is dropped. */
FF_ROW_(f64, double)
FF_ROW_(f32, float)
FF_ROW_(i64, int64_t)
FF_ROW_(i32, int32_t)
FF_ROW_(u8, uint8_t)

/* ---- random numbers ------------------------------------------------------ */

/* A stream of random numbers that depends on the seed and the item alone,
 * never on the worker. 2^66 numbers of 32 bits a stream. */
struct ff_rng {
    const struct ff *ff;
    uint64_t item, block;
    uint32_t word[4];
    uint32_t left; /* words not yet used */
};

static inline struct ff_rng ff_rng(const struct ff *ff, uint64_t item)
{
    struct ff_rng r;
    r.ff = ff;
    r.item = item;
    r.block = 0;
    r.left = 0;
    return r;
}

/* The next 64 random bits. */
static inline uint64_t ff_random(struct ff_rng *r)
{
    if (r->left < 2) {
        r->ff->calls->random(r->ff, r->item, r->block++, r->word);
        r->left = 4;
    }
    r->left -= 2;
    return (uint64_t)r->word[3 - r->left] << 32 | r->word[2 - r->left];
}

/* Uniform in [0, 1), a multiple of 2^-53. (C++ before 2017 has no 0x1p-53.) */
static inline double ff_uniform(struct ff_rng *r)
{
    return (double)(ff_random(r) >> 11) * (1.0 / 9007199254740992.0);
}

#ifdef __cplusplus
}
#endif
#endif
