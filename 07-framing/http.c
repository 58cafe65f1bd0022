/* 07-framing/http.c - see http.h. */
#include "http.h"

#include <string.h>
#include <strings.h>

#include "span.h"

/* What the field lines of one head say together. */
struct fields {
    uint64_t content_length;
    int lengths;            /* how many Content-Length */
    int encodings;          /* how many Transfer-Encoding */
    int hosts;              /* how many Host */
    bool close, keep_alive; /* Connection */
    bool expects;           /* Expect: 100-continue */
};

const char *http_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {100, "Continue"},
        {200, "OK"},
        {400, "Bad Request"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {413, "Content Too Large"},
        {431, "Request Header Fields Too Large"},
        {501, "Not Implemented"},
        {505, "HTTP Version Not Supported"},
    };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Error";
}

static int refuse(int status, const char **why, const char *text)
{
    *why = text;
    return status;
}

/* Letters without regard to case, as field names and most values are. */
static bool is_word(struct span s, const char *word)
{
    return s.len == strlen(word) && strncasecmp(s.bytes, word, s.len) == 0;
}

/* Cuts what stands before the first `end` off the front of `rest`, and `end`
 * with it. Without one: false, and all is left in `rest`. */
static bool cut(struct span *rest, char end, struct span *front)
{
    const char *at = rest->len > 0 ? memchr(rest->bytes, end, rest->len) : NULL;

    if (at == NULL)
        return false;
    front->bytes = rest->bytes;
    front->len = (size_t)(at - rest->bytes);
    rest->bytes += front->len + 1;
    rest->len -= front->len + 1;
    return true;
}

static struct span trim(struct span s)
{
    while (s.len > 0 && (s.bytes[0] == ' ' || s.bytes[0] == '\t')) {
        s.bytes++;
        s.len--;
    }
    while (s.len > 0 &&
           (s.bytes[s.len - 1] == ' ' || s.bytes[s.len - 1] == '\t'))
        s.len--;
    return s;
}

/* A method or a field's name (RFC 9110 section 5.6.2). */
static bool is_token(struct span s)
{
    static const char others[] = "!#$%&'*+-.^_`|~";

    for (size_t i = 0; i < s.len; i++) {
        char c = s.bytes[i];

        /* not isalnum, which depends on the locale */
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (c >= '0' && c <= '9') || (c != '\0' && strchr(others, c))))
            return false;
    }
    return s.len > 0;
}

static bool is_target(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.bytes[i] <= ' ' || s.bytes[i] > '~')
            return false;
    return s.len > 0;
}

/* A tab, or anything that is no control character: no NUL, no bare CR. */
static bool is_text(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.bytes[i];

        if ((c < ' ' && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

/* Digits and nothing else: no sign, no list, no blank, and 64 bits enough. */
static bool read_length(struct span s, uint64_t *length)
{
    uint64_t value = 0;

    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned)(s.bytes[i] - '0');

        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *length = value;
    return s.len > 0;
}

static void read_connection(struct fields *fields, struct span value)
{
    struct span option;
    bool more;

    do {
        more = cut(&value, ',', &option);
        option = trim(more ? option : value);
        fields->close = fields->close || is_word(option, "close");
        fields->keep_alive =
            fields->keep_alive || is_word(option, "keep-alive");
    } while (more);
}

static int read_field(struct fields *fields, struct span line, const char **why)
{
    struct span name, value;

    if (!is_text(line))
        return refuse(400, why, "a control character or a bare CR in the head");
    /* A blank before the colon, or at the start of a line that is meant to
     * go on with the one before, is part of the name here, and no token. */
    if (!cut(&line, ':', &name) || !is_token(name))
        return refuse(400, why, "a field line without a proper name");
    value = trim(line);
    if (is_word(name, "Content-Length")) {
        fields->lengths++;
        if (!read_length(value, &fields->content_length))
            return refuse(400, why, "a Content-Length that is no length");
    } else if (is_word(name, "Transfer-Encoding")) {
        fields->encodings++;
    } else if (is_word(name, "Host")) {
        fields->hosts++;
    } else if (is_word(name, "Connection")) {
        read_connection(fields, value);
    } else if (is_word(name, "Expect")) {
        fields->expects = is_word(value, "100-continue");
    }
    return 0;
}

/* The next line without its CRLF; the empty one ends a head. */
static bool next_line(struct span *rest, struct span *line)
{
    if (!cut(rest, '\n', line))
        return false;
    line->len--;
    return line->len > 0;
}

static int read_fields(struct span rest, struct fields *fields,
                       const char **why)
{
    struct span line;
    int status = 0;

    while (status == 0 && next_line(&rest, &line))
        status = read_field(fields, line, why);
    if (status != 0)
        return status;
    /* Who looks at one of the two finds another end of the message than who
     * looks at the other (RFC 9112 section 6.3). A second Content-Length is
     * refused though it may say the same. */
    if (fields->lengths > 0 && fields->encodings > 0)
        return refuse(400, why, "Content-Length beside Transfer-Encoding");
    if (fields->lengths > 1)
        return refuse(400, why, "more than one Content-Length");
    if (fields->encodings > 0)
        return refuse(501, why, "Transfer-Encoding is not understood");
    return 0;
}

/* "HTTP/1.1" */
static int read_version(struct span s, struct http_head *out, const char **why)
{
    static const char form[] = "HTTP/d.d";

    for (size_t i = 0; i < sizeof(form) - 1; i++) {
        bool is_digit = i < s.len && s.bytes[i] >= '0' && s.bytes[i] <= '9';

        if (i >= s.len || (form[i] == 'd' ? !is_digit : s.bytes[i] != form[i]))
            return refuse(400, why, "a first line that is not HTTP's");
    }
    if (s.len != sizeof(form) - 1)
        return refuse(400, why, "a first line that is not HTTP's");
    if (s.bytes[5] != '1')
        return refuse(505, why, "another version than HTTP/1");
    out->minor = (unsigned char)(s.bytes[7] - '0');
    return 0;
}

static unsigned char method_of(struct span s)
{
    static const struct {
        const char *name;
        enum http_method method;
    } methods[] = {
        {"GET", HTTP_GET},       {"HEAD", HTTP_HEAD},
        {"POST", HTTP_POST},     {"PUT", HTTP_OTHER},
        {"DELETE", HTTP_OTHER},  {"CONNECT", HTTP_OTHER},
        {"OPTIONS", HTTP_OTHER}, {"TRACE", HTTP_OTHER},
        {"PATCH", HTTP_OTHER},
    };

    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (span_is(s, methods[i].name))
            return (unsigned char)methods[i].method;
    return HTTP_UNKNOWN;
}

/* "GET /path HTTP/1.1" */
static int read_request_line(struct span line, const char *body,
                             struct http_head *out, const char **why)
{
    struct span method, target;

    if (!cut(&line, ' ', &method) || !cut(&line, ' ', &target) ||
        !is_token(method) || !is_target(target))
        return refuse(400, why, "a first line that is not HTTP's");
    out->method = method_of(method);
    out->target = (unsigned short)(body - target.bytes);
    out->target_len = (unsigned short)target.len;
    return read_version(line, out, why);
}

/* "HTTP/1.1 200 OK"; the words, and the blank before them, may be missing. */
static int read_status_line(struct span line, struct http_head *out,
                            const char **why)
{
    struct span version, code;
    uint64_t status;

    if (!is_text(line) || !cut(&line, ' ', &version))
        return refuse(400, why, "a first line that is not HTTP's");
    if (!cut(&line, ' ', &code))
        code = line;
    if (code.len != 3 || !read_length(code, &status) || status < 100)
        return refuse(400, why, "a status that is no status");
    out->status = (unsigned short)status;
    return read_version(version, out, why);
}

/* Reads a whole head; its first line is a request's or a status line. */
static int read_head(const char *head, size_t len, bool is_request,
                     struct http_head *out, struct fields *fields,
                     const char **why)
{
    struct span rest = {head, len};
    struct span line;
    int status;

    *out = (struct http_head){0};
    *fields = (struct fields){0};
    if (!next_line(&rest, &line))
        return refuse(400, why, "an empty head");
    if (is_request)
        status = read_request_line(line, head + len, out, why);
    else
        status = read_status_line(line, out, why);
    return status != 0 ? status : read_fields(rest, fields, why);
}

/* HTTP/1.1 goes on unless it says otherwise, HTTP/1.0 the other way round. */
static void set_framing(const struct fields *fields, int minor,
                        struct http_framing *framing)
{
    framing->content_length = fields->content_length;
    framing->has_length = fields->lengths > 0;
    framing->last = fields->close || (minor == 0 && !fields->keep_alive);
}

int http_read_request(const char *head, size_t len, struct http_head *out,
                      struct http_framing *framing, const char **why)
{
    struct fields fields;
    int status = read_head(head, len, true, out, &fields, why);

    if (status != 0)
        return status;
    if (fields.hosts > 1 || (fields.hosts == 0 && out->minor > 0))
        return refuse(400, why, "not one Host, as HTTP/1.1 must have");
    out->expects = fields.expects && out->minor > 0;
    set_framing(&fields, out->minor, framing);
    return 0;
}

int http_read_response(const char *head, size_t len, struct http_head *out,
                       struct http_framing *framing, const char **why)
{
    struct fields fields;
    int status = read_head(head, len, false, out, &fields, why);

    if (status != 0)
        return status;
    set_framing(&fields, out->minor, framing);
    return 0;
}
