/* redact_numbers: bank accounts, payment cards, telephone and other identifying numbers.
 *
 * A number's digits come in groups ("0171 234-5678"); what tells a telephone from a quantity is its first sign and
 * the lengths of its groups. Dates, decimal fractions, round numbers and thousands in groups of three stay: they carry
 * the facts an answer is compared by, and name nobody.
 */
#include "redact_view.h"

#define MAX_GROUPS 12
#define MAX_DIGITS 40

/* Digits in groups, as they stand from one start. */
struct number {
    size_t start, end;
    size_t lens[MAX_GROUPS], ends[MAX_GROUPS], group_count;
    unsigned char digits[MAX_DIGITS];
    size_t digit_count;
    bool plus, bracket, has_dash, has_dot, has_space;
};

static bool is_number_start(const struct redact_view *view, size_t i)
{
    unsigned char c = view->chars[i], before = i ? view->chars[i - 1] : ' ';
    bool opens = (c == '+' || c == '(') && (view_is_digit(view->chars[i + 1]) || view->chars[i + 1] == '(');
    return (view_is_digit(c) && !view_is_digit(before)) || (opens && !view_is_word(before));
}

static void note_separator(struct number *number, unsigned char c)
{
    number->has_dash |= c == '-' || c == '/';
    number->has_dot |= c == '.';
    number->has_space |= c == ' ';
    number->bracket |= c == '(' || c == ')';
}

/* Reads groups of digits with up to two separators between them. */
static void number_read(const struct redact_view *view, size_t start, struct number *number)
{
    size_t i = start;

    memset(number, 0, sizeof(*number));
    number->start = number->end = start;
    while (number->group_count < MAX_GROUPS) {
        size_t signs = 0;
        for (; signs < 3 && view->chars[i] < 0x80 && view->chars[i] && strchr(" -./()+", view->chars[i]);
             signs++, i++) {
            if (view->chars[i] == '+' && number->digit_count > 0)
                return;
            number->plus |= view->chars[i] == '+';
            if (number->digit_count > 0 || view->chars[i] == '(')
                note_separator(number, view->chars[i]);
        }
        size_t len = 0;
        while (view_is_digit(view->chars[i]) && number->digit_count < MAX_DIGITS) {
            number->digits[number->digit_count++] = view->chars[i++];
            len++;
        }
        while (view_is_digit(view->chars[i])) /* longer than any number we know: it only has to be seen as long */
            i++, len++;
        if (len == 0)
            return;
        number->lens[number->group_count] = len;
        number->ends[number->group_count++] = number->end = i;
        if (view_is_word(view->chars[i]))
            return;
    }
}

static bool has_groups(const struct number *number, size_t from, size_t count, const size_t *lens)
{
    if (number->group_count != from + count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (number->lens[from + i] != lens[i])
            return false;
    return true;
}
#define GROUPS(number, from, ...)                                                                                      \
    has_groups((number), (from), sizeof((const size_t[]){__VA_ARGS__}) / sizeof(size_t), (const size_t[]){__VA_ARGS__})

/* ---- payment cards ---- */

static bool passes_luhn(const unsigned char *digits, size_t count)
{
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned d = (unsigned)(digits[count - 1 - i] - '0');
        if (i % 2 == 1)
            d = d > 4 ? d * 2 - 9 : d * 2;
        sum += d;
    }
    return sum % 10 == 0;
}

/* The end of the longest run of whole groups that is a card number; 0 when there is none. */
static size_t card_end(const struct number *number)
{
    size_t digits = number->digit_count;
    if (number->plus || number->digits[0] < '2' || number->digits[0] > '6') /* no issuer has others */
        return 0;
    for (size_t group = number->group_count; group > 0; group--) {
        if (digits >= 13 && digits <= 19 && passes_luhn(number->digits, digits))
            return number->ends[group - 1];
        digits -= number->lens[group - 1];
    }
    return 0;
}

/* ---- telephones ---- */

/* 01.02.2024, 2024-02-01, 1/2/24 */
static bool is_date(const struct number *number)
{
    const size_t *l = number->lens;
    if (number->plus || number->bracket || number->group_count != 3)
        return false;
    return (l[0] <= 2 && l[1] <= 2 && (l[2] == 4 || l[2] == 2)) || (l[0] == 4 && l[1] <= 2 && l[2] <= 2);
}

/* A word of calling in the 32 characters before. */
static bool is_announced(const struct redact_view *view, size_t start)
{
    static const char *const words[] = {"phone", "telephone", "tel",     "call",  "cell",     "mobile", "dial",
                                        "fax",   "whatsapp",  "text me", "handy", "reach me", "sms"};
    for (size_t i = start > 32 ? start - 32 : 0; i < start; i++) {
        if (i > 0 && view_is_alnum(view->chars[i - 1]))
            continue;
        for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++) {
            size_t n = 0;
            while (words[k][n] && ascii_lower((char)view->chars[i + n]) == words[k][n])
                n++;
            if (!words[k][n] && i + n <= start)
                return true;
        }
    }
    return false;
}

static bool is_phone(const struct redact_view *view, const struct number *number)
{
    size_t digits = number->digit_count;
    bool fraction = number->lens[0] == 1 && number->digits[0] == '0' && number->has_dot;

    if (digits < 7 || digits > 17 || is_date(number) || fraction)
        return false;
    if (number->plus)
        return true;
    if (number->digits[0] == '0' && digits >= 8)
        return true;
    if (number->bracket && digits >= 9)
        return true;
    size_t country = number->lens[0] == 1 && number->digits[0] == '1' ? 1 : 0;
    if (GROUPS(number, country, 3, 3, 4) || GROUPS(number, 0, 5, 5))
        return true;
    return is_announced(view, number->start);
}

/* ---- other long numbers ---- */

/* 1000000000, and 1 000 000 000 or 299 792 458: quantities. */
static bool is_quantity(const struct number *number)
{
    size_t zeros = 0;
    while (zeros < number->digit_count && number->digits[number->digit_count - 1 - zeros] == '0')
        zeros++;
    if (number->group_count == 1)
        return zeros * 2 >= number->digit_count;
    if (number->lens[0] > 3 || number->has_dash)
        return false;
    for (size_t i = 1; i < number->group_count; i++)
        if (number->lens[i] != 3)
            return false;
    return true;
}

static bool is_identifier(const struct redact_view *view, const struct number *number)
{
    size_t start = number->start;
    bool fraction = start > 1 && view->chars[start - 1] == '.' && view_is_digit(view->chars[start - 2]);

    if (GROUPS(number, 0, 3, 2, 4) && number->has_dash) /* social security */
        return true;
    if (number->group_count == 1)
        return number->digit_count >= 9 && !fraction && !is_quantity(number);
    for (size_t i = 0; i < number->group_count; i++) /* four and four: a card or account, mistyped or masked */
        if (number->lens[i] != 4)
            return false;
    return number->group_count >= 3 && !number->has_dot;
}

/* One group of the digits alone, for "call 5 123456789012". */
static void mark_long_groups(struct redact_view *view, const struct number *number)
{
    struct number one;
    for (size_t i = 0; i < number->group_count; i++) {
        size_t start = number->ends[i] - number->lens[i];
        memset(&one, 0, sizeof(one));
        one.start = start;
        one.end = number->ends[i];
        one.group_count = 1;
        one.lens[0] = number->lens[i];
        one.digit_count = number->lens[i] < MAX_DIGITS ? number->lens[i] : MAX_DIGITS;
        for (size_t d = 0; d < one.digit_count; d++)
            one.digits[d] = view->chars[start + d];
        if (is_identifier(view, &one))
            redact_mark(view, start, one.end, REDACT_NUMBER);
    }
}

void redact_find_numbers(struct redact_view *view)
{
    struct number number;

    for (size_t i = 0; i < view->count; i++) {
        if (!is_number_start(view, i) || view->marks[i] != REDACT_NOTHING)
            continue;
        number_read(view, i, &number);
        if (number.digit_count == 0)
            continue;
        size_t end = card_end(&number);
        if (end) {
            redact_mark(view, i, end, REDACT_CARD);
        } else if (is_phone(view, &number)) {
            end = number.end;
            redact_mark(view, i, end, REDACT_PHONE);
        } else if (is_identifier(view, &number)) {
            end = number.end;
            redact_mark(view, i, end, REDACT_NUMBER);
        } else if (number.group_count > 1 && is_quantity(&number)) {
            end = number.end;
        } else {
            mark_long_groups(view, &number);
            end = number.ends[0]; /* what follows the first group may be a number of its own */
        }
        i = end - 1;
    }
}

/* ---- bank accounts ---- */

/* ISO 13616: two letters, two check digits, 11 to 30 more, remainder 1 modulo 97. */
static bool is_iban(const char *text, size_t len)
{
    unsigned remainder = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[(i + 4) % len];
        unsigned value = view_is_digit((unsigned char)c) ? (unsigned)(c - '0') : (unsigned)(ascii_lower(c) - 'a') + 10;
        remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
    }
    return remainder == 1;
}

static size_t group_end(const struct redact_view *view, size_t start, size_t room)
{
    size_t i = start;
    while (i - start < room && view_is_alnum(view->chars[i]))
        i++;
    return view_is_word(view->chars[i]) ? start : i;
}

/* The end of an account number from start, or start. Mistyped ones count when they are mostly digits. */
static size_t iban_end(const struct redact_view *view, size_t start)
{
    char text[34];
    size_t len = 0, digits = 0, i = start, best = start;

    if (!view_is_alnum(view->chars[i]) || view_is_digit(view->chars[i]) || !view_is_alnum(view->chars[i + 1]) ||
        view_is_digit(view->chars[i + 1]) || !view_is_digit(view->chars[i + 2]) || !view_is_digit(view->chars[i + 3]))
        return start;
    for (;;) {
        size_t end = group_end(view, i, sizeof(text) - len);
        if (end == i)
            return best;
        for (; i < end; i++) {
            text[len++] = (char)view->chars[i];
            digits += view_is_digit(view->chars[i]);
        }
        bool mistyped = digits * 4 >= len * 3 && view_is_digit(view->chars[i - 1]);
        if (len >= 15 && (is_iban(text, len) || mistyped))
            best = i;
        if ((view->chars[i] != ' ' && view->chars[i] != '-') || len == sizeof(text))
            return best;
        i++;
    }
}

void redact_find_ibans(struct redact_view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        if (i > 0 && view_is_word(view->chars[i - 1]))
            continue;
        size_t end = iban_end(view, i);
        if (end > i) {
            redact_mark(view, i, end, REDACT_IBAN);
            i = end - 1;
        }
    }
}
