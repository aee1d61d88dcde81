/* Reads a connection's bytes from stdin as Node's parser does (llhttp, Debian's node-llhttp) and prints each request
 * that it finds there: method, target and body in hexadecimal. A fault is printed as what llhttp calls it.
 */
#include <llhttp.h>
#include <stdio.h>

static int print_bytes(const char *at, size_t length)
{
    for (size_t i = 0; i < length; i++)
        printf("%02x", (unsigned char)at[i]);
    return 0;
}

static int on_url(llhttp_t *parser, const char *at, size_t length)
{
    (void)parser;
    return print_bytes(at, length);
}

static int on_headers_complete(llhttp_t *parser)
{
    printf(" %s ", llhttp_method_name(parser->method));
    return 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t length)
{
    (void)parser;
    return print_bytes(at, length);
}

static int on_message_complete(llhttp_t *parser)
{
    (void)parser;
    printf("\n");
    return 0;
}

int main(void)
{
    static char bytes[65536];
    llhttp_settings_t settings;
    llhttp_t parser;
    size_t got;
    llhttp_settings_init(&settings);
    settings.on_url = on_url;
    settings.on_headers_complete = on_headers_complete;
    settings.on_body = on_body;
    settings.on_message_complete = on_message_complete;
    llhttp_init(&parser, HTTP_REQUEST, &settings);
    while ((got = fread(bytes, 1, sizeof bytes, stdin)) > 0) {
        enum llhttp_errno fault = llhttp_execute(&parser, bytes, got);
        if (fault != HPE_OK) {
            printf("%s\n", llhttp_errno_name(fault));
            return 1;
        }
    }
    return 0;
}
